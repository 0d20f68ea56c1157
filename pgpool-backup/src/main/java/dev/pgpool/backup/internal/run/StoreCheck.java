package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import java.util.ArrayList;
import java.util.List;

/** Looks at what a store can do: what a run cannot do without is a problem, what it can do without is a note. */
final class StoreCheck {

    private final boolean objectLock;
    private final List<PreflightProblem> problems;
    private final List<String> notes;

    /**
     * A check.
     *
     * @param objectLock whether backups are to be locked
     */
    StoreCheck(boolean objectLock, List<PreflightProblem> problems, List<String> notes) {
        this.objectLock = objectLock;
        this.problems = problems;
        this.notes = notes;
    }

    /** The stores that work; that some do not is a note as long as one does. */
    List<ConfiguredStore> usable(List<ConfiguredStore> stores) {
        List<ConfiguredStore> usable = new ArrayList<>();
        List<PreflightProblem> unusable = new ArrayList<>();
        for (ConfiguredStore store : stores) {
            int before = problems.size();
            try {
                check(store, store.probe());
            } catch (RuntimeException e) {
                BackupException failure = BackupException.of(e);
                problem(failure.reason(), String.valueOf(failure.getMessage()));
            }
            List<PreflightProblem> found = problems.subList(before, problems.size());
            if (found.isEmpty()) {
                usable.add(store);
            }
            unusable.addAll(found);
            found.clear();
        }
        if (usable.isEmpty()) {
            problems.addAll(unusable);
        } else {
            unusable.forEach(problem -> notes.add("a store is left out: " + problem.reason() + ": " + problem.text()));
        }
        return usable;
    }

    private void check(ConfiguredStore place, StoreReport store) {
        for (StoreFeature needed : List.of(StoreFeature.READ_WRITE, StoreFeature.MULTIPART)) {
            if (!store.has(needed)) {
                problem(
                        store.denied().contains(needed) ? FailureReason.STORE_DENIED : FailureReason.STORE_IO,
                        store.store() + ": " + needed + ": " + store.findings().get(needed));
                return;
            }
        }
        if (objectLock && !store.has(StoreFeature.OBJECT_LOCK)) {
            problem(
                    FailureReason.PREFLIGHT,
                    store.store() + ": object lock was asked for, but: "
                            + store.findings().get(StoreFeature.OBJECT_LOCK));
        }
        if (!store.has(StoreFeature.DELETE)) {
            notes.add("retention is off: " + store.findings().get(StoreFeature.DELETE));
        }
        if (!place.leaseEnforceable()) {
            notes.add("the store cannot enforce a lease (" + store.findings().get(StoreFeature.WRITE_IF_ABSENT) + "; "
                    + store.findings().get(StoreFeature.WRITE_IF_MATCHES)
                    + "): only the advisory lock on the source excludes other runners");
        }
        if (!store.has(StoreFeature.LIST_MULTIPART)) {
            notes.add("leftover uploads cannot be found: " + store.findings().get(StoreFeature.LIST_MULTIPART));
        }
    }

    private void problem(FailureReason reason, String text) {
        problems.add(new PreflightProblem(reason, text));
    }
}
