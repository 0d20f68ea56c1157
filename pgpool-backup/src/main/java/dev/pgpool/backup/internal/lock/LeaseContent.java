package dev.pgpool.backup.internal.lock;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a lease object says.
 *
 * @param token of the writer, by which it knows its own lease again
 * @param name of the lock; {@code null} in leases of earlier versions
 * @param holder who runs
 * @param run its id
 * @param renewedAt when it was written last
 * @param expiresAt from when others may take it over
 */
record LeaseContent(
        String token, @Nullable String name, String holder, String run, Instant renewedAt, Instant expiresAt) {
    LeaseContent renewed(Instant now, Duration time) {
        return new LeaseContent(token, name, holder, run, now, now.plus(time));
    }
}
