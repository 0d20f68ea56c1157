package dev.pgpool.backup.internal.prune;

import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.catalog.KeyLayout.BackupKey;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.lock.RunLock;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.store.DeleteFailure;
import dev.pgpool.backup.store.PendingWrite;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import dev.pgpool.backup.store.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Removes what runs that died have left: unfinished uploads and objects that never got a manifest. Called by a run before it
 * stores anything. Only what has the exact form of this library's keys in this cluster's place is ever touched, only under the
 * lock of its database, and only if it is older than the lease time; without an enforceable lease, than the longest a run may
 * take.
 */
public final class Sweeper {

    private static final PeerLog LOGGER = PeerLog.of(Sweeper.class);

    private final EngineContext context;
    private final KeyLayout layout;
    private final StoreReport store;
    private final boolean lockedHere;
    private final List<String> notes = new ArrayList<>();
    private int uploads;
    private int objects;

    /**
     * A sweeper.
     *
     * @param lockedHere whether leases are in this store, so that they exclude all who use it
     */
    public Sweeper(EngineContext context, KeyLayout layout, StoreReport store, boolean lockedHere) {
        this.lockedHere = lockedHere;
        this.context = context;
        this.layout = layout;
        this.store = store;
    }

    /**
     * Sweeps, and returns notes about what could not be removed.
     *
     * @param locks gives the lock of a database; what is locked by others is left to them
     */
    public List<String> sweep(Function<String, RunLock.Attempt> locks) {
        try {
            // Looked at without locks first: in nearly all runs there is nothing.
            Set<String> databases = new TreeSet<>();
            Instant limit = limit(true);
            stale(layout.root(), limit).forEach(write -> database(write.key()).ifPresent(databases::add));
            orphans(layout.root(), limit).forEach(key -> database(key).ifPresent(databases::add));
            for (String database : databases) {
                RunLock.Attempt attempt = locks.apply(database);
                if (attempt.lock() != null) {
                    try (RunLock held = attempt.lock()) {
                        sweep(layout.database(database), limit(lockedHere && held.exclusive()));
                    }
                }
            }
            // Probes have no lock; they take seconds.
            sweep(layout.probe(), limit(false));
        } catch (StoreException e) {
            notes.add("sweeping leftovers: " + e.getMessage());
        }
        if (uploads + objects > 0) {
            LOGGER.info("Removed leftovers of dead runs: {} uploads, {} objects", uploads, objects);
            context.publish(new BackupEvent.Swept(context.clock().instant(), uploads, objects));
        }
        notes.forEach(note -> LOGGER.warn("{}", note));
        return notes;
    }

    private Instant limit(boolean exclusive) {
        Duration lease = context.config().run().leaseTime();
        Duration age = exclusive ? lease : lease.plus(context.config().run().deadline());
        return context.clock().instant().minus(age);
    }

    private Optional<String> database(String key) {
        return layout.parse(key).map(BackupKey::database);
    }

    private void sweep(String prefix, Instant limit) {
        for (PendingWrite write : stale(prefix, limit)) {
            try {
                context.retry().call("abort", () -> {
                    context.store().abort(write);
                    return true;
                });
                uploads++;
            } catch (StoreException e) {
                notes.add("leftover upload stays: " + e.getMessage());
            }
        }
        List<String> orphans = orphans(prefix, limit);
        if (!orphans.isEmpty()) {
            List<DeleteFailure> failures =
                    context.retry().call("delete", () -> context.store().delete(orphans));
            failures.forEach(failure -> notes.add("orphan stays: " + failure.key() + ": " + failure.reason()));
            objects += orphans.size() - failures.size();
        }
    }

    private List<PendingWrite> stale(String prefix, Instant limit) {
        List<PendingWrite> stale = new ArrayList<>();
        if (store.has(StoreFeature.LIST_MULTIPART)) {
            context.retry().call("list uploads", () -> {
                stale.clear();
                context.store().pendingWrites(prefix, write -> {
                    boolean ours =
                            layout.parse(write.key()).isPresent() || write.key().startsWith(layout.probe());
                    if (ours && write.startedAt().isBefore(limit)) {
                        stale.add(write);
                    }
                });
                return true;
            });
        }
        return stale;
    }

    private List<String> orphans(String prefix, Instant limit) {
        if (!store.has(StoreFeature.DELETE)) {
            return List.of();
        }
        Map<String, Instant> candidates = new HashMap<>();
        Set<String> committed = new HashSet<>();
        context.retry().call("list", () -> {
            candidates.clear();
            committed.clear();
            context.store().list(prefix, object -> sort(object, candidates, committed));
            return true;
        });
        return candidates.entrySet().stream()
                .filter(e -> e.getValue().isBefore(limit))
                .map(Map.Entry::getKey)
                .filter(key -> !committed.contains(key.substring(0, key.lastIndexOf('/') + 1)))
                .sorted()
                .toList();
    }

    private void sort(StoredObject object, Map<String, Instant> candidates, Set<String> committed) {
        if (object.key().startsWith(layout.probe())) {
            candidates.put(object.key(), object.lastModified());
            return;
        }
        layout.parse(object.key()).ifPresent(key -> {
            if (key.file().equals(KeyLayout.MANIFEST)) {
                committed.add(layout.backup(key.database(), key.id()));
            } else {
                candidates.put(object.key(), object.lastModified());
            }
        });
    }
}
