package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.report.FailureReason;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The runs of an engine that are under way, to be cancelled together. Thread-safe. */
final class RunningRuns {
    private final Set<Cancellation> cancellations = new HashSet<>();

    synchronized void add(Cancellation run) {
        cancellations.add(run);
    }

    synchronized void remove(Cancellation run) {
        cancellations.remove(run);
    }

    private synchronized List<Cancellation> copy() {
        return List.copyOf(cancellations);
    }

    void cancelAll(String why) {
        copy().forEach(run -> run.cancel(FailureReason.CANCELLED, why));
    }
}
