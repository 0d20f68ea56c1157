package dev.pgpool.backup.internal.prune;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.DeleteFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Carries retention plans out: manifests first, by which the backups cease to exist, and of
 * those that are gone the objects. A crash in between leaves orphans, which a sweep finds; never a manifest without data.
 */
public final class Pruner {

    private static final PeerLog LOGGER = PeerLog.of(Pruner.class);

    private final EngineContext context;
    private final Catalog catalog;
    private final RetentionPlanner planner;
    private final boolean told;

    /**
     * A pruner.
     *
     * @param locks whether the store may have locks: then it is asked about each backup that would go. A lock may have been
     *     prolonged, or a hold been set, after the manifest was written; and where old versions are kept, deleting a locked
     *     object succeeds and hides it.
     * @param told whether listeners get events about it; they get those of one store only
     */
    public Pruner(EngineContext context, Catalog catalog, boolean locks, boolean told) {
        this.told = told;
        this.context = context;
        this.catalog = catalog;
        this.planner = new RetentionPlanner(context, locks);
    }

    /** A plan for each database of the catalog; deletes nothing. */
    public Map<String, RetentionPlan> plan(Function<String, @Nullable RetentionPolicy> policy) {
        return planner.plan(policy, catalog.all());
    }

    /** Plans, deletes what goes, and tells the listeners. */
    public Map<String, RetentionPlan> prune(
            Function<String, @Nullable RetentionPolicy> policy, boolean mayDelete, Set<String> only) {
        List<CatalogEntry> entries = catalog.all();
        Map<String, RetentionPlan> plans = planner.plan(policy, entries);
        plans.keySet().retainAll(only);
        Map<String, List<String>> failures = mayDelete ? delete(plans, entries) : notAllowed(plans);
        Instant now = context.clock().instant();
        plans.forEach((database, plan) -> {
            List<String> failed = failures.getOrDefault(database, List.of());
            plan.alarms().forEach(alarm -> LOGGER.warn("Retention of \"{}\": {}", database, alarm));
            failed.forEach(failure -> LOGGER.warn("Retention of \"{}\": not deleted: {}", database, failure));
            if (told) {
                context.publish(new BackupEvent.RetentionApplied(now, database, plan, failed));
            }
            if (told && !plan.missingDays().isEmpty()) {
                LOGGER.warn("No backup of \"{}\" for {}", database, plan.missingDays());
                context.publish(new BackupEvent.DaysMissing(now, database, plan.missingDays()));
            }
        });
        return plans;
    }

    private static Map<String, List<String>> notAllowed(Map<String, RetentionPlan> plans) {
        Map<String, List<String>> failures = new HashMap<>();
        plans.forEach((database, plan) -> failures.put(
                database,
                plan.deletions().stream()
                        .map(id -> id + ": the store refuses deleting")
                        .toList()));
        return failures;
    }

    private Map<String, List<String>> delete(Map<String, RetentionPlan> plans, List<CatalogEntry> entries) {
        List<CatalogEntry> going = new ArrayList<>();
        plans.forEach((database, plan) -> {
            Set<String> ids = new HashSet<>(plan.deletions());
            entries.stream()
                    .filter(entry -> entry.database().equals(database)
                            && ids.contains(entry.id().value()))
                    .forEach(going::add);
        });
        Map<String, List<String>> failures = new HashMap<>();
        Set<String> staying =
                deleteKeys(going.stream().map(CatalogEntry::manifestKey).toList(), failures);
        List<String> objects = new ArrayList<>();
        for (CatalogEntry entry : going) {
            if (!staying.contains(entry.manifestKey())) {
                BackupManifest manifest = Objects.requireNonNull(entry.manifest());
                manifest.objects().stream().map(StoredPart::key).forEach(objects::add);
                KeyLayout layout = catalog.layout();
                objects.add(layout.verified(entry.database(), entry.id()));
            }
        }
        deleteKeys(objects, failures);
        return failures;
    }

    /** Deletes, and returns the keys that stay. */
    private Set<String> deleteKeys(List<String> keys, Map<String, List<String>> failures) {
        if (keys.isEmpty()) {
            return Set.of();
        }
        List<DeleteFailure> failed =
                context.retry().call("delete", () -> context.store().delete(keys));
        Set<String> staying = new HashSet<>();
        for (DeleteFailure failure : failed) {
            staying.add(failure.key());
            String database = catalog.layout()
                    .parse(failure.key())
                    .map(KeyLayout.BackupKey::database)
                    .orElse("");
            failures.computeIfAbsent(database, d -> new ArrayList<>()).add(failure.key() + ": " + failure.reason());
        }
        return staying;
    }
}
