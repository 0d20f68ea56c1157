package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.lock.RunLock;
import dev.pgpool.backup.internal.prune.BackupRemover;
import dev.pgpool.backup.internal.prune.Pruner;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Deletes backups, by retention or because the host names them, always under the locks of their databases. Safe for all
 * threads.
 */
final class BackupDeletion {

    private final EngineContext context;
    private final EngineCatalog catalogs;
    private final EngineState state;

    BackupDeletion(EngineContext context, EngineCatalog catalogs, EngineState state) {
        this.context = context;
        this.catalogs = catalogs;
        this.state = state;
    }

    /** Retention as it would be now; deletes nothing. */
    Map<String, RetentionPlan> planRetention(Function<String, @Nullable RetentionPolicy> policy) {
        return new Pruner(context, catalogs.catalog(), catalogs.first().mayHaveLocks(), true).plan(policy);
    }

    /** Retention now, for all databases of the catalog. */
    Map<String, RetentionPlan> prune(Function<String, @Nullable RetentionPolicy> policy) {
        Catalog of = catalogs.catalog();
        Set<String> databases = new TreeSet<>();
        of.all().forEach(entry -> databases.add(entry.database()));
        return locked(
                databases,
                () -> new Pruner(context, of, catalogs.first().mayHaveLocks(), true).prune(policy, true, databases));
    }

    /** Deletes backups from all stores, but for those that are kept by something; returns why, by id. */
    Map<BackupId, String> delete(String database, @Nullable BackupId only) {
        state.requireOpen();
        String cluster = catalogs.catalog().layout().cluster();
        return locked(Set.of(database), () -> {
            Map<BackupId, String> kept = new TreeMap<>();
            boolean found = false;
            for (ConfiguredStore store : catalogs.stores()) {
                BackupRemover remover =
                        new BackupRemover(store.context(), store.catalog(cluster), store.mayHaveLocks());
                found |= remover.remove(database, only);
                kept.putAll(remover.kept());
            }
            if (!found) {
                throw new BackupException(
                        FailureReason.NOT_FOUND,
                        "no backup " + (only == null ? "" : only + " ") + "of \"" + database + "\" in "
                                + catalogs.first().describe());
            }
            return kept;
        });
    }

    /** Does something under the locks of databases, or not at all. */
    private <T> T locked(Set<String> databases, Supplier<T> action) {
        RunLock.Request request = new RunLock.Request(
                context,
                catalogs.catalog(),
                BackupId.next(context.clock().instant(), null, new Random()),
                context.newSessions(),
                catalogs.first().leaseEnforceable(),
                new Cancellation());
        Deque<RunLock> held = new ArrayDeque<>();
        try {
            held.push(lock(RunLock.tryAcquire(
                    request, "run " + context.config().databases().describe())));
            for (String database : databases) {
                held.push(lock(held.getLast().tryAnother(request, RunLock.database(database))));
            }
            return action.get();
        } finally {
            held.forEach(RunLock::close);
        }
    }

    private static RunLock lock(RunLock.Attempt attempt) {
        RunLock lock = attempt.lock();
        if (lock == null) {
            throw new BackupException(FailureReason.LOCKED, "held by " + attempt.holder());
        }
        return lock;
    }
}
