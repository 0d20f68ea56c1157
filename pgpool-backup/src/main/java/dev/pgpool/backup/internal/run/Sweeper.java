package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupEvent;
import dev.pgpool.backup.BackupId;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.catalog.KeyLayout.BackupKey;
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
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what runs that died have left: unfinished uploads and objects that never got a manifest. Called by a run that holds
 * the lock, before it stores anything. Only what has the exact form of this library's keys in this cluster's place is ever
 * touched, and only if it is older than the lease time; without an enforceable lease, than the longest a run may take.
 */
final class Sweeper {

    private static final Logger LOGGER = LoggerFactory.getLogger(Sweeper.class);

    private final Context context;
    private final KeyLayout layout;

    Sweeper(Context context, KeyLayout layout) {
        this.context = context;
        this.layout = layout;
    }

    /** Sweeps, and returns notes about what could not be removed. */
    List<String> sweep(StoreReport store, boolean exclusive, BackupId current) {
        List<String> notes = new ArrayList<>();
        Duration lease = context.config().run().leaseTime();
        Duration age = exclusive ? lease : lease.plus(context.config().run().deadline());
        Instant limit = context.clock().instant().minus(age);
        int uploads = 0;
        int objects = 0;
        try {
            if (store.has(StoreFeature.LIST_MULTIPART)) {
                uploads = sweepUploads(limit, current, notes);
            }
            if (store.has(StoreFeature.DELETE)) {
                objects = sweepObjects(limit, current, notes);
            }
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

    private int sweepUploads(Instant limit, BackupId current, List<String> notes) {
        List<PendingWrite> stale = new ArrayList<>();
        context.retry().call("list uploads", () -> {
            stale.clear();
            for (String prefix : List.of(layout.root(), layout.probe())) {
                context.store().pendingWrites(prefix, write -> {
                    boolean ours = layout.parse(write.key())
                                    .filter(key -> !key.id().equals(current))
                                    .isPresent()
                            || write.key().startsWith(layout.probe());
                    if (ours && write.startedAt().isBefore(limit)) {
                        stale.add(write);
                    }
                });
            }
            return true;
        });
        int swept = 0;
        for (PendingWrite write : stale) {
            try {
                context.retry().call("abort", () -> {
                    context.store().abort(write);
                    return true;
                });
                swept++;
            } catch (StoreException e) {
                notes.add("leftover upload stays: " + e.getMessage());
            }
        }
        return swept;
    }

    private int sweepObjects(Instant limit, BackupId current, List<String> notes) {
        Map<String, Instant> candidates = new HashMap<>();
        Set<String> committed = new HashSet<>();
        context.retry().call("list", () -> {
            candidates.clear();
            committed.clear();
            context.store().list(layout.root(), object -> sort(object, current, candidates, committed));
            context.store().list(layout.probe(), object -> sort(object, current, candidates, committed));
            return true;
        });
        List<String> orphans = candidates.entrySet().stream()
                .filter(e -> e.getValue().isBefore(limit))
                .map(Map.Entry::getKey)
                .filter(key -> !committed.contains(key.substring(0, key.lastIndexOf('/') + 1)))
                .sorted()
                .toList();
        if (orphans.isEmpty()) {
            return 0;
        }
        List<DeleteFailure> failures =
                context.retry().call("delete", () -> context.store().delete(orphans));
        failures.forEach(failure -> notes.add("orphan stays: " + failure.key() + ": " + failure.reason()));
        return orphans.size() - failures.size();
    }

    private void sort(StoredObject object, BackupId current, Map<String, Instant> candidates, Set<String> committed) {
        if (object.key().startsWith(layout.probe())) {
            candidates.put(object.key(), object.lastModified());
            return;
        }
        BackupKey key = layout.parse(object.key()).orElse(null);
        if (key == null || key.id().equals(current)) {
            return;
        }
        if (key.file().equals(KeyLayout.MANIFEST)) {
            committed.add(layout.backup(key.database(), key.id()));
        } else {
            candidates.put(object.key(), object.lastModified());
        }
    }
}
