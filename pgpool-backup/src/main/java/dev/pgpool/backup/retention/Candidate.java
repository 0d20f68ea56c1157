package dev.pgpool.backup.retention;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What retention needs to know of a backup. All candidates of one plan are of one database of one cluster.
 *
 * @param id of the backup
 * @param startedAt the age of its data, or {@code null} if its manifest cannot be read
 * @param pinned true if it is pinned
 * @param lockedUntil end of its object lock, {@link #LEGAL_HOLD}, or {@code null}
 * @param verified true if it has passed a verification that read the archive or more
 */
public record Candidate(
        String id,
        @Nullable Instant startedAt,
        boolean pinned,
        @Nullable Instant lockedUntil,
        boolean verified) {

    /** A lock without an end. */
    public static final Instant LEGAL_HOLD = Instant.MAX;

    /** The same with this lock. */
    public Candidate lockedUntil(@Nullable Instant until) {
        return new Candidate(id, startedAt, pinned, until, verified);
    }

    /** A good backup without pin, lock or verification. */
    public static Candidate of(String id, Instant startedAt) {
        return new Candidate(id, startedAt, false, null, false);
    }
}
