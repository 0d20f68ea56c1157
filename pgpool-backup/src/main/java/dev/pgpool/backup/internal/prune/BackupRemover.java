package dev.pgpool.backup.internal.prune;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.store.DeleteFailure;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Deletes backups of one database from one store because the host says so: manifest first, as retention does. Used once. */
public final class BackupRemover {

    private final EngineContext context;
    private final Catalog catalog;
    private final boolean locks;
    private final Map<BackupId, String> kept = new TreeMap<>();

    public BackupRemover(EngineContext context, Catalog catalog, boolean locks) {
        this.context = context;
        this.catalog = catalog;
        this.locks = locks;
    }

    /** Why some were not deleted. */
    public Map<BackupId, String> kept() {
        return kept;
    }

    /** Deletes one backup, or all; false if there was none. */
    public boolean remove(String database, @Nullable BackupId only) {
        List<CatalogEntry> entries = catalog.of(database).stream()
                .filter(entry -> only == null || entry.id().equals(only))
                .toList();
        for (CatalogEntry entry : entries) {
            String reason = reasonToKeep(entry);
            if (reason == null) {
                reason = delete(entry);
            }
            if (reason != null) {
                kept.put(entry.id(), context.store().describe() + ": " + reason);
            }
        }
        return !entries.isEmpty();
    }

    private @Nullable String reasonToKeep(CatalogEntry entry) {
        if (entry.pin() != null) {
            return "pinned: " + entry.pin();
        }
        Instant now = context.clock().instant();
        Instant until = entry.lockedUntil();
        if (locks) {
            StoredObject object = context.retry()
                    .call("stat", () -> context.store().stat(entry.manifestKey()))
                    .orElse(null);
            if (object != null && object.legalHold()) {
                return "under a legal hold";
            }
            Instant prolonged = object == null ? null : object.lockedUntil();
            until = prolonged == null || (until != null && until.isAfter(prolonged)) ? until : prolonged;
        }
        return until != null && until.isAfter(now) ? "locked until " + until : null;
    }

    private @Nullable String delete(CatalogEntry entry) {
        KeyLayout layout = catalog.layout();
        String home = layout.backup(entry.database(), entry.id());
        try {
            String problem = delete(List.of(entry.manifestKey()));
            if (problem != null) {
                return problem;
            }
            // By what lies there and not by the manifest, which may be unreadable or not ours.
            List<String> objects = new ArrayList<>();
            context.retry().call("list", () -> {
                objects.clear();
                context.store().list(home, object -> {
                    if (layout.parse(object.key()).isPresent()) {
                        objects.add(object.key());
                    }
                });
                return true;
            });
            objects.add(layout.verified(entry.database(), entry.id()));
            return delete(objects);
        } catch (StoreException e) {
            return e.getMessage();
        }
    }

    private @Nullable String delete(List<String> keys) {
        List<DeleteFailure> failures =
                context.retry().call("delete", () -> context.store().delete(keys));
        return failures.isEmpty()
                ? null
                : failures.get(0).key() + ": " + failures.get(0).reason();
    }
}
