package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.DatabaseSettings;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.ClusterFacts;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.internal.restore.ArchiveLoader;
import dev.pgpool.backup.internal.restore.ArchiveSource;
import dev.pgpool.backup.internal.restore.Exporter;
import dev.pgpool.backup.internal.restore.Restorer;
import dev.pgpool.backup.internal.restore.Verifier;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Holds the parts of an engine together. Everything public may be called by any thread. */
public final class Engine implements AutoCloseable {

    /** How long what an earlier process has left may take to be read. */
    private static final Duration LEARNING = Duration.ofMinutes(1);

    private static final PeerLog LOGGER = PeerLog.of(Engine.class);

    private static final String OWN_SCHEDULE = ", backup ";
    private static final Duration CATALOG_REFRESH = Duration.ofHours(1);

    private final Context context;
    private final List<StorePlace> places;
    private final Hooks hooks;
    private final EngineThreads threads;
    private final Scheduler scheduler;
    private final String application;
    // What verifications ask; cut when the engine is closed, so that none of them keeps it.
    private final SessionGroup questions;
    private final ReentrantLock running = new ReentrantLock(true);
    private final RunningRuns runs = new RunningRuns();
    private final SuccessWatch successes;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile @Nullable Instant nextRefresh;
    private volatile boolean loaded;
    private volatile boolean closed;

    /**
     * An engine; nothing is connected or started before it is used.
     *
     * @param stores at least one; the first is where the catalog is read
     */
    public Engine(
            BackupConfig config,
            List<ObjectStore> stores,
            Encryption encryption,
            ClientTools tools,
            Clock clock,
            List<BackupListener> listeners,
            List<RunHook> hooks,
            Duration hookLimit) {
        this.threads = EngineThreads.start(config);
        EventDispatcher events = new EventDispatcher();
        listeners.forEach(events::add);
        this.context = new Context(
                config,
                stores.get(0),
                encryption,
                tools,
                clock,
                retry(config, Duration.ZERO, clock, events),
                retry(config, config.transfer().outage(), clock, events),
                threads.senders(),
                threads.fetchers(),
                threads.workers(),
                threads.timer(),
                events);
        this.places = stores.stream()
                .map(store -> new StorePlace(context.with(store)))
                .toList();
        this.hooks = new Hooks(hooks, hookLimit, threads.workers());
        this.scheduler = new Scheduler(clock, threads.workers(), events::publish);
        this.application = "pgpool-backup/" + hostName();
        this.questions = new SessionGroup(application);
        this.successes = new SuccessWatch(config.databases(), config.run().overdueAfter(), clock.instant());
    }

    private static RetryPolicy retry(BackupConfig config, Duration outage, Clock clock, EventDispatcher events) {
        return new RetryPolicy(
                config.transfer().attempts(),
                config.transfer().retryDelay(),
                Context.MAX_RETRY_DELAY,
                outage,
                (operation, cause) -> {
                    LOGGER.debug("Repeating {} after: {}", operation, cause);
                    events.publish(new BackupEvent.StoreRetried(clock.instant(), operation, cause));
                });
    }

    private static String hostName() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return name.length() > 40 ? name.substring(0, 40) : name;
        } catch (UnknownHostException e) {
            return "unknown-host";
        }
    }

    private StorePlace first() {
        return places.get(0);
    }

    /** Runs a backup of all selected databases now, in the calling thread. */
    public RunReport run(Trigger trigger) {
        return run(trigger, "", database -> true);
    }

    /** Runs a backup of some of the selected databases; a scheduled one waits for another of this engine. */
    RunReport run(Trigger trigger, String partName, Predicate<String> part) {
        requireOpen();
        Cancellation cancellation = new Cancellation();
        Instant now = context.clock().instant();
        if (!tryBegin(trigger)) {
            RunReport skipped = new RunReport(
                    BackupId.next(now, null, new Random()),
                    trigger,
                    RunReport.Outcome.SKIPPED,
                    FailureReason.LOCKED,
                    "held by another run of this engine",
                    now,
                    now,
                    List.of(),
                    Map.of(),
                    List.of());
            context.publish(new BackupEvent.RunFinished(now, skipped));
            return skipped;
        }
        try {
            requireOpen();
            runs.add(cancellation);
            if (!loaded) {
                learn(cancellation);
            }
            RunReport report = new BackupRun(
                            places,
                            hooks,
                            new SessionGroup(application),
                            new BackupRun.Task(
                                    trigger,
                                    "run " + context.config().databases().describe() + partName,
                                    part),
                            BackupId.next(now, null, new Random()),
                            cancellation)
                    .run();
            // What has a schedule of its own may be due once a month; it says nothing about the rest.
            if (report.succeeded() && !partName.startsWith(OWN_SCHEDULE)) {
                successes.succeeded(report.finishedAt());
            }
            remember(report);
            return report;
        } finally {
            runs.remove(cancellation);
            running.unlock();
        }
    }

    /**
     * A process that runs once, from cron, learns what the one before it has left; listeners decide by that. A source that does
     * not answer must not hold up the run, which has a deadline of its own.
     */
    private void learn(Cancellation cancellation) {
        SessionGroup sessions = new SessionGroup(application);
        Duration deadline = context.config().run().deadline();
        ScheduledFuture<?> late = threads.timer()
                .schedule(sessions::cut, Math.min(deadline.toMillis(), LEARNING.toMillis()), TimeUnit.MILLISECONDS);
        try (Cancellation.Handler ended = cancellation.onCancel(why -> sessions.cut())) {
            loadCatalog(sessions);
        } finally {
            late.cancel(false);
        }
    }

    private boolean tryBegin(Trigger trigger) {
        if (trigger == Trigger.MANUAL) {
            return running.tryLock();
        }
        try {
            running.lockInterruptibly();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** For other instances, and for this one after a restart. That it cannot be stored does not change the run. */
    private void remember(RunReport report) {
        if (report.outcome() == RunReport.Outcome.SKIPPED) {
            return;
        }
        Instant success = successes.lastSuccess();
        for (StorePlace place : places) {
            Catalog known = place.knownCatalog();
            if (known == null) {
                continue;
            }
            try {
                LastRun before = known.lastRun().orElse(null);
                Instant failingSince = before == null || before.outcome() == RunReport.Outcome.SUCCESS
                        ? report.finishedAt()
                        : Objects.requireNonNullElse(before.failingSince(), before.at());
                known.record(new LastRun(
                        report.finishedAt(),
                        report.outcome(),
                        report.reason(),
                        report.message(),
                        success == null && before != null ? before.successAt() : success,
                        report.succeeded() ? null : failingSince));
            } catch (RuntimeException e) {
                LOGGER.warn("How the run ended could not be stored: {}", e.getMessage());
            }
        }
    }

    /** Stops a run that is under way. */
    public void cancel(String why) {
        runs.cancelAll(why);
    }

    /** What the store can do; found out once. */
    public StoreReport probe() {
        return first().probe();
    }

    /** The cluster's name in the stores. */
    static String clusterName(BackupConfig config, ClusterFacts facts) {
        String cluster = config.cluster().isEmpty() ? facts.systemIdentifier() : config.cluster();
        if (cluster.isEmpty()) {
            throw new BackupException(
                    FailureReason.PREFLIGHT,
                    "the role may not call pg_control_system(), so the server has no name in the store (expected:"
                            + " cluster(...) in the settings, or EXECUTE on that function)");
        }
        return cluster;
    }

    /** The catalog; if it has no configured name and the source is gone, that of the only cluster in the store. */
    public Catalog catalog() {
        return catalog(new SessionGroup(application));
    }

    private Catalog catalog(SessionGroup sessions) {
        requireOpen();
        Catalog known = first().knownCatalog();
        if (known != null) {
            return known;
        }
        if (!context.config().cluster().isEmpty()) {
            return first().catalog(context.config().cluster());
        }
        var source = context.config().source();
        try (Connection connection = Sessions.open(source, source.adminDatabase(), sessions)) {
            return first().catalog(clusterName(context.config(), ClusterFacts.read(connection)));
        } catch (SQLException | BackupException e) {
            LOGGER.info("The source cannot be asked for its name, looking into the store: {}", e.getMessage());
            return first().catalog(onlyCluster(String.valueOf(e.getMessage())));
        }
    }

    private String onlyCluster(String why) {
        String prefix = context.config().prefix();
        String root = (prefix.isEmpty() ? "" : prefix + "/") + "v1/";
        Set<String> clusters = new TreeSet<>();
        context.store().list(root, object -> {
            String rest = object.key().substring(root.length());
            int slash = rest.indexOf('/');
            if (slash > 0 && !rest.startsWith(".")) {
                clusters.add(rest.substring(0, slash));
            }
        });
        if (clusters.size() != 1) {
            throw new BackupException(
                    FailureReason.SOURCE_UNREACHABLE,
                    why + "; and the store holds " + clusters.size() + " clusters " + clusters
                            + " (expected: cluster(...) in the settings)");
        }
        return KeyLayout.name(clusters.iterator().next());
    }

    /** Retention as it would be now; deletes nothing. */
    public Map<String, RetentionPlan> planRetention(Function<String, @Nullable RetentionPolicy> policy) {
        return new Pruner(context, catalog(), mayHaveLocks(probe()), true).plan(policy);
    }

    /** Object locks need versions; a store that does not let this credential ask may have both. */
    static boolean mayHaveLocks(StoreReport store) {
        return store.has(StoreFeature.VERSIONING)
                || store.has(StoreFeature.OBJECT_LOCK)
                || store.denied().contains(StoreFeature.VERSIONING);
    }

    /** Retention now, for all databases of the catalog. */
    public Map<String, RetentionPlan> prune(Function<String, @Nullable RetentionPolicy> policy) {
        Catalog of = catalog();
        Set<String> databases = new TreeSet<>();
        of.all().forEach(entry -> databases.add(entry.database()));
        return locked(
                databases, () -> new Pruner(context, of, mayHaveLocks(probe()), true).prune(policy, true, databases));
    }

    /** Does something under the locks of databases, or not at all. */
    private <T> T locked(Set<String> databases, Supplier<T> action) {
        RunLock.Place place = new RunLock.Place(
                context,
                catalog(),
                BackupId.next(context.clock().instant(), null, new Random()),
                new SessionGroup(application),
                Preflight.leaseEnforceable(probe()),
                new Cancellation());
        Deque<RunLock> held = new ArrayDeque<>();
        try {
            held.push(lock(RunLock.tryAcquire(
                    place, "run " + context.config().databases().describe())));
            for (String database : databases) {
                held.push(lock(held.getLast().tryAnother(place, RunLock.database(database))));
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

    private ArchiveSource archives() {
        int parallelism = context.config().transfer().parallelism();
        return new ArchiveSource(
                context.store(),
                context.encryption(),
                context.retry(),
                threads.fetchers(),
                parallelism,
                context.config().transfer().partBytes());
    }

    private ArchiveLoader loader(ArchiveSource source) {
        BackupConfig.Verification verification = context.config().verification();
        return new ArchiveLoader(
                source, context.tools(), context.timer(), verification.spool(), verification.deadline());
    }

    /** Verifies a backup and remembers what was found. */
    public VerifyReport verify(CatalogEntry entry, VerifyLevel level) {
        requireOpen();
        ArchiveSource source = archives();
        BackupConfig.Verification settings = context.config().verification();
        VerifyReport report = new Verifier(source, loader(source), context.tools(), context.clock(), context.timer())
                .verify(
                        entry,
                        new Verifier.Task(
                                level,
                                settings.server(),
                                settings.checks(),
                                settings.jobs(),
                                settings.options(),
                                new SessionGroup(application),
                                questions,
                                settings.deadline()));
        if (report.passed()) {
            LOGGER.info("Backup {} of \"{}\" verified: {}", entry.id(), entry.database(), report.reached());
        } else {
            LOGGER.warn(
                    "Backup {} of \"{}\" failed verification after {}: {}",
                    entry.id(),
                    entry.database(),
                    report.reached(),
                    report.problems());
        }
        try {
            catalog().record(report);
        } catch (RuntimeException e) {
            LOGGER.warn("The result of the verification could not be stored: {}", e.getMessage());
        }
        context.publish(new BackupEvent.Verified(report.finishedAt(), report));
        return report;
    }

    /** Verifies the newest backup of each database. */
    public List<VerifyReport> verifyNewest(VerifyLevel level) {
        List<VerifyReport> reports = new ArrayList<>();
        List<CatalogEntry> all = catalog().all();
        for (String database :
                new TreeSet<>(all.stream().map(CatalogEntry::database).toList())) {
            all.stream()
                    .filter(entry -> entry.database().equals(database))
                    .max(Comparator.comparing(CatalogEntry::id))
                    .ifPresent(entry -> reports.add(verify(entry, level)));
        }
        return reports;
    }

    /**
     * Verifies the backups that were verified least recently, those never verified first and of these the newest, until the time is
     * used up; one that is under way then is finished.
     */
    public List<VerifyReport> verifyDue(VerifyLevel level, Duration budget) {
        Instant end = context.clock().instant().plus(budget);
        Catalog of = catalog();
        Map<String, Instant> last = of.verificationTimes();
        List<CatalogEntry> due = of.all().stream()
                .filter(CatalogEntry::readable)
                .sorted(Comparator.comparing((CatalogEntry entry) ->
                                last.getOrDefault(of.layout().verified(entry.database(), entry.id()), Instant.EPOCH))
                        .thenComparing(CatalogEntry::id, Comparator.reverseOrder()))
                .toList();
        List<VerifyReport> reports = new ArrayList<>();
        for (CatalogEntry entry : due) {
            if (closed || !context.clock().instant().isBefore(end)) {
                break;
            }
            reports.add(verify(entry, level));
        }
        LOGGER.info("{} of {} backups verified within {}", reports.size(), due.size(), budget);
        return reports;
    }

    /** Keeps a backup from retention and deletion, or gives it back, in all stores that have it. */
    public void pin(String database, BackupId id, @Nullable String reason) {
        Catalog of = catalog();
        Instant now = context.clock().instant();
        for (StorePlace place : places) {
            Catalog in = place == first() ? of : place.catalog(of.layout().cluster());
            try {
                if (reason == null) {
                    in.unpin(database, id);
                } else {
                    in.pin(database, id, reason, now);
                }
            } catch (RuntimeException e) {
                BackupException failure = BackupException.of(e);
                if (place == first()) {
                    throw failure;
                }
                if (failure.reason() != FailureReason.NOT_FOUND) {
                    LOGGER.warn("Pin of {} in {}: {}", id, place.describe(), failure.getMessage());
                }
            }
        }
    }

    /** Writes the objects of a backup as files, decrypted, into a directory. */
    public List<Path> export(CatalogEntry entry, Path directory) {
        requireOpen();
        return new Exporter(archives()).export(entry, directory);
    }

    /** Deletes backups from all stores, but for those that are kept by something; returns why, by id. */
    public Map<BackupId, String> delete(String database, @Nullable BackupId only) {
        requireOpen();
        String cluster = catalog().layout().cluster();
        return locked(Set.of(database), () -> {
            Map<BackupId, String> kept = new TreeMap<>();
            boolean found = false;
            for (StorePlace place : places) {
                Remover remover = new Remover(place.context(), place.catalog(cluster), mayHaveLocks(place.probe()));
                found |= remover.remove(database, only);
                kept.putAll(remover.kept());
            }
            if (!found) {
                throw new BackupException(
                        FailureReason.NOT_FOUND,
                        "no backup " + (only == null ? "" : only + " ") + "of \"" + database + "\" in "
                                + first().describe());
            }
            return kept;
        });
    }

    /** The backup that a request means. */
    public CatalogEntry find(RestoreRequest.Which which) {
        if (which instanceof RestoreRequest.ById byId) {
            return catalog().find(byId.database(), byId.id());
        }
        Instant limit = which instanceof RestoreRequest.Before before
                ? before.instant()
                : context.clock().instant().plus(RetentionPlan.CLOCK_TOLERANCE);
        List<CatalogEntry> all = catalog().of(which.database());
        Optional<CatalogEntry> newest = all.stream()
                .filter(CatalogEntry::readable)
                .filter(entry -> !SuccessWatch.startedAt(entry).isAfter(limit))
                .max(Comparator.comparing(SuccessWatch::startedAt));
        if (newest.isEmpty() && !all.isEmpty() && all.stream().noneMatch(CatalogEntry::readable)) {
            throw context.encryption().unreadable(all.get(all.size() - 1), FailureReason.RESTORE_REFUSED);
        }
        return newest.orElseThrow(() -> new BackupException(
                FailureReason.NOT_FOUND,
                "no backup of \"" + which.database() + "\" from " + limit + " or before in "
                        + context.store().describe()));
    }

    /** Restores a backup. */
    public RestoreReport restore(RestoreRequest request) {
        requireOpen();
        ArchiveSource source = archives();
        RestoreReport report = new Restorer(source, loader(source), context.tools())
                .restore(find(request.which()), request, new SessionGroup(application));
        LOGGER.info("Restored {} into \"{}\"", report.manifest().id(), request.target());
        return report;
    }

    /** Starts the schedule. */
    public void start(@Nullable CronSchedule backups, @Nullable CronSchedule verifications, boolean catchUp) {
        requireOpen();
        loadCatalog();
        nextRefresh = context.clock().instant().plus(CATALOG_REFRESH);
        BackupConfig config = context.config();
        if (backups != null) {
            schedule(
                    "backup",
                    backups,
                    catchUp,
                    database -> config.settings(database).cron() == null);
        }
        for (DatabaseSettings.Rule rule : config.rules()) {
            DatabaseSettings settings = rule.settings();
            String cron = settings.cron();
            if (cron != null) {
                schedule(
                        "backup " + rule.pattern(),
                        new CronSchedule(cron, Objects.requireNonNull(settings.zone())),
                        catchUp,
                        database -> config.settings(database).equals(settings));
            }
        }
        if (verifications != null) {
            scheduler.add("verify", verifications, null, () -> {
                BackupConfig.Verification settings = context.config().verification();
                Duration budget = settings.budget();
                if (budget == null) {
                    verifyNewest(settings.level());
                } else {
                    verifyDue(settings.level(), budget);
                }
            });
        }
        threads.timer().scheduleWithFixedDelay(this::tick, 0, 1, TimeUnit.SECONDS);
    }

    private void schedule(String name, CronSchedule schedule, boolean catchUp, Predicate<String> part) {
        boolean all = context.config().rules().stream()
                .allMatch(rule -> rule.settings().cron() == null);
        // The same name in all instances, and for a single schedule that of a manual run, too.
        String partName = all ? "" : OWN_SCHEDULE.equals(", " + name + " ") ? ", the rest" : ", " + name;
        scheduler.add(
                name,
                schedule,
                catchUp ? successes.newestData(part) : null,
                new RetriedRun(
                        context.config().run(),
                        context.clock(),
                        (trigger, databases) -> run(trigger, partName, databases),
                        part,
                        schedule));
    }

    private void loadCatalog() {
        loadCatalog(new SessionGroup(application));
    }

    private void loadCatalog(SessionGroup sessions) {
        try {
            Instant now = context.clock().instant();
            Catalog catalog = catalog(sessions);
            List<CatalogEntry> entries = catalog.all();
            tellSelection(now, sessions);
            LastRun lastRun = catalog.lastRun().orElse(null);
            successes.learn(entries, lastRun, now);
            loaded = true;
            context.publish(new BackupEvent.CatalogLoaded(now, entries, lastRun));
        } catch (RuntimeException e) {
            LOGGER.warn("The catalog cannot be read: {}", e.getMessage());
        }
    }

    private void tellSelection(Instant now, SessionGroup sessions) {
        var source = context.config().source();
        try (Connection connection = Sessions.open(source, source.adminDatabase(), sessions)) {
            List<String> selected = ClusterFacts.read(connection).databases().stream()
                    .filter(context.config().databases()::takes)
                    .toList();
            context.publish(new BackupEvent.DatabasesSelected(now, selected));
        } catch (SQLException | BackupException e) {
            LOGGER.debug("Which databases are selected cannot be asked: {}", e.getMessage());
        }
    }

    /** What happens each second; public for tests with a clock of their own. */
    public void tick() {
        if (closed) {
            return;
        }
        try {
            scheduler.tick();
            Instant now = context.clock().instant();
            Instant refresh = nextRefresh;
            if ((refresh != null && !now.isBefore(refresh)) || successes.isOverdueNews(now)) {
                lookAgain();
            }
        } catch (RuntimeException e) {
            LOGGER.error("Tick failed", e);
        }
    }

    /** Reads the catalog again, not on the timer's thread; an alarm is given only if another instance has no success either. */
    private void lookAgain() {
        if (!looking.compareAndSet(false, true)) {
            return;
        }
        context.workers().execute(() -> {
            try {
                loadCatalog();
                Instant now = context.clock().instant();
                nextRefresh = now.plus(CATALOG_REFRESH);
                if (successes.takeOverdueNews(now)) {
                    context.publish(new BackupEvent.Overdue(now, successes.lastSuccess()));
                }
            } finally {
                looking.set(false);
            }
        });
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the backup engine is closed");
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        cancel("the engine is being closed");
        // A run that was cancelled ends its child and aborts its upload before the threads it needs are taken away.
        boolean idle = false;
        try {
            idle = running.tryLock(60, TimeUnit.SECONDS);
            if (!idle) {
                LOGGER.warn("A run did not end in time; its upload is left to the next run's sweep");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (idle) {
                running.unlock();
            }
        }
        questions.cut();
        context.events().close();
        threads.close();
    }
}
