package dev.pgpool.backup.report;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the last run of a cluster's backups, by whichever instance; kept in the store, since failures leave no
 * backup to be known by. Runs that were skipped are none.
 *
 * @param at when it ended
 * @param outcome how
 * @param reason of a failure, else {@code null}
 * @param message of a failure; empty after success
 * @param successAt when a run last succeeded in all its databases, or {@code null} for never
 * @param failingSince when the first of the runs ended that have failed without a success since, or {@code null} after a success
 */
public record LastRun(
        Instant at,
        RunReport.Outcome outcome,
        @Nullable FailureReason reason,
        String message,
        @Nullable Instant successAt,
        @Nullable Instant failingSince) {

    /** A run of which it is not known since when they fail. */
    public LastRun(
            Instant at,
            RunReport.Outcome outcome,
            @Nullable FailureReason reason,
            String message,
            @Nullable Instant successAt) {
        this(at, outcome, reason, message, successAt, null);
    }
}
