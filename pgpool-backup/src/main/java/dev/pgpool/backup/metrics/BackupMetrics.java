package dev.pgpool.backup.metrics;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.retention.RetentionDecision;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionReason;
import dev.pgpool.backup.retention.Verdict;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the meters of {@link BackupMeters}. Add it to the engine as a listener before the engine is started, so that it hears
 * what the catalog holds: then timestamps are right from the first scrape, and a database without any backup has none.
 */
public final class BackupMetrics implements BackupListener, AutoCloseable {

    private static final List<BackupMeters> PROGRESS = List.of(
            BackupMeters.PROGRESS,
            BackupMeters.PROGRESS_RATE,
            BackupMeters.PROGRESS_TABLE,
            BackupMeters.PROGRESS_SHARE,
            BackupMeters.BUFFERS);

    private static final List<BackupMeters> OF_SELECTED = List.of(
            BackupMeters.SELECTED,
            BackupMeters.LAST_SUCCESS,
            BackupMeters.AGE,
            BackupMeters.SIZE,
            BackupMeters.MISSING_DAYS,
            BackupMeters.NEVER_VERIFIED,
            BackupMeters.VERIFY_LAST_SUCCESS);

    private final MeterRegistry registry;
    private final Clock clock;
    private final Tags common;
    private volatile @Nullable Set<String> selected;
    private final Map<Meter.Id, AtomicReference<Double>> gauges = new ConcurrentHashMap<>();

    /**
     * Meters in a registry.
     *
     * @param registry not closed
     * @param tags put on every meter: name and value by turns
     */
    public BackupMetrics(MeterRegistry registry, String... tags) {
        this(registry, Clock.systemUTC(), tags);
    }

    /**
     * Meters in a registry, by the engine's clock.
     *
     * @param registry not closed
     * @param clock that ages are told by
     * @param tags put on every meter: name and value by turns
     */
    public BackupMetrics(MeterRegistry registry, Clock clock, String... tags) {
        this.registry = registry;
        this.clock = clock;
        this.common = Tags.of(tags);
        set(BackupMeters.IN_PROGRESS, Tags.empty(), 0);
        // A counter that comes into being at 1 has not increased, and no alert would be raised by the first failure.
        for (FailureReason reason : FailureReason.values()) {
            count(BackupMeters.RUNS, outcome(RunReport.Outcome.FAILURE, reason), 0);
        }
        for (VerifyLevel level : VerifyLevel.values()) {
            count(BackupMeters.VERIFY_RUNS, verification(level, false), 0);
        }
    }

    private static Tags outcome(RunReport.Outcome outcome, @Nullable FailureReason reason) {
        return Tags.of(
                "outcome",
                outcome.name().toLowerCase(Locale.ROOT),
                "reason",
                reason == null ? "none" : reason.name().toLowerCase(Locale.ROOT));
    }

    private static Tags verification(VerifyLevel level, boolean passed) {
        return Tags.of("level", level.name().toLowerCase(Locale.ROOT), "outcome", passed ? "success" : "failure");
    }

    @Override
    public void onEvent(BackupEvent event) {
        if (event instanceof BackupEvent.CatalogLoaded loaded) {
            load(loaded);
        } else if (event instanceof BackupEvent.DatabasesSelected selection) {
            selected(selection.databases());
        } else if (event instanceof BackupEvent.Copied copied) {
            count(
                    BackupMeters.COPY_FAILURES,
                    Tags.of("database", copied.database(), "store", copied.store()),
                    copied.problem().isEmpty() ? 0 : 1);
        } else if (event instanceof BackupEvent.RunStarted) {
            set(BackupMeters.IN_PROGRESS, Tags.empty(), 1);
        } else if (event instanceof BackupEvent.Progress progress) {
            progress(progress);
        } else if (event instanceof BackupEvent.DatabaseFinished finished) {
            finished(finished.result());
        } else if (event instanceof BackupEvent.RunFinished run) {
            finished(run.report());
        } else if (event instanceof BackupEvent.RetentionApplied applied) {
            retention(applied.database(), applied.plan(), applied.failures());
        } else if (event instanceof BackupEvent.Verified verified) {
            verified(verified.report());
        } else if (event instanceof BackupEvent.StoreRetried retried) {
            count(BackupMeters.RETRIES, Tags.of("op", retried.operation()), 1);
        } else if (event instanceof BackupEvent.Swept swept) {
            count(BackupMeters.STALE_UPLOADS, Tags.empty(), swept.uploads());
        } else if (event instanceof BackupEvent.Overdue) {
            count(BackupMeters.OVERDUE, Tags.empty(), 1);
        } else if (event instanceof BackupEvent.NextRun next) {
            Instant due = next.due();
            set(BackupMeters.NEXT_RUN, Tags.of("job", next.job()), due == null ? Double.NaN : seconds(due));
        }
    }

    /** Of what is no longer selected nothing is said that an alarm goes by: it would never end. */
    private void selected(List<String> databases) {
        selected = Set.copyOf(databases);
        Set<String> gone = new HashSet<>();
        gauges.keySet().forEach(id -> {
            String database = id.getTag("database");
            if (database != null && !databases.contains(database)) {
                gone.add(database);
            }
        });
        gone.forEach(database -> OF_SELECTED.forEach(meter -> remove(meter, database, Tags.empty())));
        for (String database : databases) {
            set(BackupMeters.SELECTED, Tags.of("database", database), 1);
            count(BackupMeters.DATABASE_FAILURES, Tags.of("database", database), 0);
        }
    }

    private boolean isSelected(String database) {
        Set<String> known = selected;
        return known == null || known.contains(database);
    }

    private void load(BackupEvent.CatalogLoaded loaded) {
        gauges.forEach((id, value) -> {
            if (id.getName().equals(BackupMeters.CATALOG.meterName())
                    || id.getName().equals(BackupMeters.NEVER_VERIFIED.meterName())) {
                value.set(0.0);
            }
        });
        Instant latest = loaded.at().plus(RetentionPlan.CLOCK_TOLERANCE);
        Set<String> seen = new HashSet<>();
        loaded.entries().forEach(entry -> load(entry, latest, seen.add(entry.database())));
        LastRun last = loaded.lastRun();
        if (last != null) {
            set(BackupMeters.LAST_ATTEMPT, Tags.empty(), seconds(last.at()));
        }
    }

    private void load(CatalogEntry entry, Instant latest, boolean oldest) {
        Tags database = Tags.of("database", entry.database());
        count(database.and("state", entry.readable() ? "readable" : "unreadable"));
        count(BackupMeters.DELETE_FAILURES, database, 0);
        BackupManifest manifest = entry.manifest();
        if (manifest != null && entry.verifiedAt() == null) {
            gauge(BackupMeters.NEVER_VERIFIED, database, 0).updateAndGet(old -> old + 1);
        } else {
            gauge(BackupMeters.NEVER_VERIFIED, database, 0);
        }
        if (!isSelected(entry.database())) {
            return;
        }
        if (manifest == null || manifest.startedAt().isAfter(latest)) {
            // One that is dated in the future must not keep the alarm of a missing backup quiet.
            return;
        }
        double startedAt = seconds(manifest.startedAt());
        // Entries come oldest first, so the last to be set is the newest.
        lastSuccess(database, startedAt);
        set(BackupMeters.SIZE, database, (double) manifest.totalBytes());
        if (oldest) {
            set(BackupMeters.OLDEST, database, startedAt);
        }
        Instant verifiedAt = entry.verifiedAt();
        if (verifiedAt != null) {
            set(BackupMeters.VERIFY_LAST_SUCCESS, database, seconds(verifiedAt));
        }
    }

    private void count(Tags tags) {
        AtomicReference<Double> value = gauge(BackupMeters.CATALOG, tags, 0);
        value.updateAndGet(old -> old + 1);
    }

    private void progress(BackupEvent.Progress progress) {
        Tags database = Tags.of("database", progress.database());
        set(BackupMeters.PROGRESS, database, (double) progress.bytes());
        set(BackupMeters.PROGRESS_RATE, database, progress.bytesPerSecond());
        set(BackupMeters.BUFFERS, database, (double) progress.bufferBytes());
        String table = progress.table();
        if (table != null) {
            Tags dumped = database.and("table", table);
            remove(BackupMeters.PROGRESS_TABLE, progress.database(), dumped);
            set(BackupMeters.PROGRESS_TABLE, dumped, 1);
        }
        if (progress.share() >= 0) {
            set(BackupMeters.PROGRESS_SHARE, database, progress.share());
        }
    }

    private void finished(RunReport.DatabaseResult result) {
        for (BackupMeters meter : PROGRESS) {
            remove(meter, result.database(), Tags.empty());
        }
        count(BackupMeters.DELETE_FAILURES, Tags.of("database", result.database()), 0);
        BackupManifest manifest = result.manifest();
        Tags database = Tags.of("database", result.database());
        boolean failed = result.outcome() == RunReport.Outcome.FAILURE;
        count(BackupMeters.DATABASE_FAILURES, database, failed ? 1 : 0);
        if (manifest == null) {
            return;
        }
        gauge(BackupMeters.NEVER_VERIFIED, database, 0).updateAndGet(old -> old + 1);
        lastSuccess(database, seconds(manifest.startedAt()));
        setOnce(BackupMeters.OLDEST, database, seconds(manifest.startedAt()));
        set(BackupMeters.SIZE, database, (double) manifest.totalBytes());
        count(database.and("state", "readable"));
        count(BackupMeters.UPLOADED, database, (double) manifest.totalBytes());
        Iterable<Tag> tags = common.and(database);
        registry.timer(BackupMeters.DURATION.meterName(), tags).record(result.duration());
    }

    private void finished(RunReport report) {
        set(BackupMeters.IN_PROGRESS, Tags.empty(), 0);
        // One date that fails is one failure, however often it was tried.
        boolean counted = report.trigger() != Trigger.RETRIED || report.outcome() != RunReport.Outcome.FAILURE;
        count(BackupMeters.RUNS, outcome(report.outcome(), report.reason()), counted ? 1 : 0);
        set(BackupMeters.LAST_ATTEMPT, Tags.empty(), seconds(report.finishedAt()));
    }

    private void retention(String name, RetentionPlan plan, List<String> failures) {
        Tags database = Tags.of("database", name);
        long deletes = plan.decisions().stream()
                .filter(d -> d.verdict() == Verdict.DELETE)
                .count();
        count(BackupMeters.DELETED, database, (double) Math.max(0, deletes - failures.size()));
        count(BackupMeters.DELETE_FAILURES, database, failures.size());
        for (RetentionReason reason : RetentionReason.values()) {
            if (reason != RetentionReason.EXPIRED) {
                long kept = plan.decisions().stream()
                        .filter(d -> d.reason() == reason)
                        .count();
                set(BackupMeters.KEPT, database.and("reason", reason.name().toLowerCase(Locale.ROOT)), (double) kept);
            }
        }
        set(BackupMeters.MISSING_DAYS, database, plan.missingDays().size());
        gauge(BackupMeters.CATALOG, database.and("state", "readable"), 0)
                .set((double) plan.decisions().stream()
                                .filter(d -> d.reason() != RetentionReason.UNREADABLE_MANIFEST)
                                .count()
                        - deletes);
        plan.decisions().stream()
                .filter(d -> d.verdict() != Verdict.DELETE)
                .map(RetentionDecision::candidate)
                .mapToDouble(c -> c.startedAt() == null ? Double.NaN : seconds(c.startedAt()))
                .filter(s -> !Double.isNaN(s))
                .min()
                .ifPresent(oldest -> set(BackupMeters.OLDEST, database, oldest));
    }

    private void verified(VerifyReport report) {
        count(BackupMeters.VERIFY_RUNS, verification(report.requested(), report.passed()), 1);
        if (report.passed()) {
            set(BackupMeters.VERIFY_LAST_SUCCESS, Tags.of("database", report.database()), seconds(report.finishedAt()));
        }
    }

    private void lastSuccess(Tags database, double startedAt) {
        AtomicReference<Double> value = gauge(BackupMeters.LAST_SUCCESS, database, startedAt);
        value.set(startedAt);
        Tags all = common.and(database);
        Meter.Id id = new Meter.Id(BackupMeters.AGE.meterName(), all, null, null, Meter.Type.GAUGE);
        gauges.computeIfAbsent(id, key -> {
            Gauge.builder(
                            BackupMeters.AGE.meterName(),
                            value,
                            v -> seconds(clock.instant()) - Objects.requireNonNullElse(v.get(), Double.NaN))
                    .tags(all)
                    .register(registry);
            return value;
        });
    }

    /** Removes a database's gauges of a meter, but for the one with these tags. */
    private void remove(BackupMeters meter, String database, Tags but) {
        Tags kept = common.and(but);
        gauges.keySet().removeIf(id -> {
            boolean gone = id.getName().equals(meter.meterName())
                    && database.equals(id.getTag("database"))
                    && !Tags.of(id.getTags()).equals(kept);
            if (gone) {
                registry.remove(id);
            }
            return gone;
        });
    }

    private void count(BackupMeters meter, Tags tags, double amount) {
        // as Iterable: the registry's methods that take Tags are not in every Micrometer
        Iterable<Tag> all = common.and(tags);
        registry.counter(meter.meterName(), all).increment(amount);
    }

    private void set(BackupMeters meter, Tags tags, double value) {
        gauge(meter, tags, value).set(value);
    }

    private void setOnce(BackupMeters meter, Tags tags, double value) {
        gauge(meter, tags, value);
    }

    private AtomicReference<Double> gauge(BackupMeters meter, Tags tags, double initial) {
        Tags all = common.and(tags);
        Meter.Id id = new Meter.Id(meter.meterName(), all, null, null, Meter.Type.GAUGE);
        return gauges.computeIfAbsent(id, key -> {
            AtomicReference<Double> value = new AtomicReference<>(initial);
            Gauge.builder(meter.meterName(), value, AtomicReference::get)
                    .tags(all)
                    .register(registry);
            return value;
        });
    }

    private static double seconds(Instant instant) {
        return instant.toEpochMilli() / 1000.0;
    }

    /** Removes the gauges from the registry. */
    @Override
    public void close() {
        gauges.keySet().forEach(registry::remove);
        gauges.clear();
    }
}
