package dev.pgpool.backup.internal.prune;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.retention.Candidate;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes retention plans from the catalog, with regard to the locks of the store. */
final class RetentionPlanner {

    private final EngineContext context;
    private final boolean locks;

    /**
     * A planner.
     *
     * @param locks whether the store is asked about the lock of each backup that would go
     */
    RetentionPlanner(EngineContext context, boolean locks) {
        this.context = context;
        this.locks = locks;
    }

    /** A plan for each database that has a policy. */
    Map<String, RetentionPlan> plan(Function<String, @Nullable RetentionPolicy> policies, List<CatalogEntry> entries) {
        Instant now = context.clock().instant();
        Map<String, RetentionPlan> plans = new TreeMap<>();
        entries.stream().collect(Collectors.groupingBy(CatalogEntry::database)).forEach((database, of) -> {
            RetentionPolicy policy = policies.apply(database);
            if (policy != null) {
                plans.put(database, plan(of, policy, now));
            }
        });
        return plans;
    }

    private RetentionPlan plan(List<CatalogEntry> entries, RetentionPolicy policy, Instant now) {
        List<Candidate> candidates =
                entries.stream().map(RetentionPlanner::candidate).toList();
        RetentionPlan plan = RetentionPlan.of(candidates, policy, now);
        if (!locks || plan.deletions().isEmpty()) {
            return plan;
        }
        Map<String, Instant> locked = new HashMap<>();
        for (CatalogEntry entry : entries) {
            if (plan.deletions().contains(entry.id().value())) {
                lock(entry).ifPresent(until -> locked.put(entry.id().value(), until));
            }
        }
        return locked.isEmpty()
                ? plan
                : RetentionPlan.of(
                        candidates.stream()
                                .map(c -> locked.containsKey(c.id()) ? c.lockedUntil(locked.get(c.id())) : c)
                                .toList(),
                        policy,
                        now);
    }

    private Optional<Instant> lock(CatalogEntry entry) {
        return context.retry()
                .call("stat", () -> context.store().stat(entry.manifestKey()))
                .map(object -> object.legalHold() ? Candidate.LEGAL_HOLD : object.lockedUntil());
    }

    private static Candidate candidate(CatalogEntry entry) {
        BackupManifest manifest = entry.manifest();
        return new Candidate(
                entry.id().value(),
                manifest == null ? null : manifest.startedAt(),
                entry.pin() != null,
                entry.lockedUntil(),
                entry.verified().includes(VerifyLevel.ARCHIVE));
    }
}
