package dev.pgpool.backup.internal.schedule;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When something is due. */
public interface Dates {
    /** The first instant after this one at which it is due, or {@code null} if there is none. */
    @Nullable
    Instant next(Instant after);
}
