package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupConfig;
import dev.pgpool.backup.BackupEvent;
import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupId;
import dev.pgpool.backup.BackupKeys;
import dev.pgpool.backup.BackupListener;
import dev.pgpool.backup.CatalogEntry;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.LastRun;
import dev.pgpool.backup.RestoreReport;
import dev.pgpool.backup.RestoreRequest;
import dev.pgpool.backup.RunReport;
import dev.pgpool.backup.Trigger;
import dev.pgpool.backup.VerifyLevel;
import dev.pgpool.backup.VerifyReport;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.pg.ClusterFacts;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.internal.restore.ArchiveLoader;
import dev.pgpool.backup.internal.restore.ArchiveSource;
import dev.pgpool.backup.internal.restore.Restorer;
import dev.pgpool.backup.internal.restore.Verifier;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds the parts of an engine together. Everything public may be called by any thread. */
public final class Engine implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Engine.class);

    private static final Duration CATALOG_REFRESH = Duration.ofHours(1);

    private final Context context;
    private final EngineThreads threads;
    private final Scheduler scheduler;
    private final String application;
    // What verifications ask; cut when the engine is closed, so that none of them keeps it.
    private final SessionGroup questions;
    private final ReentrantLock running = new ReentrantLock();
    private final RunningRuns runs = new RunningRuns();
    private final SuccessWatch successes;
    private volatile @Nullable Catalog catalog;
    private volatile @Nullable StoreReport storeReport;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile @Nullable Instant nextRefresh;
    private volatile boolean closed;

    /** An engine; nothing is connected or started before it is used. */
    public Engine(
            BackupConfig config,
            ObjectStore store,
            @Nullable BackupKeys keys,
            ClientTools tools,
            Clock clock,
            List<BackupListener> listeners) {
        this.threads = EngineThreads.start(config);
        EventDispatcher events = new EventDispatcher();
        listeners.forEach(events::add);
        RetryPolicy retry = new RetryPolicy(
                config.transfer().attempts(),
                config.transfer().retryDelay(),
                Context.MAX_RETRY_DELAY,
                (operation, cause) -> {
                    LOGGER.debug("Repeating {} after: {}", operation, cause);
                    events.publish(new BackupEvent.StoreRetried(clock.instant(), operation, cause));
                });
        this.context = new Context(
                config,
                store,
                new Encryption(keys),
                tools,
                clock,
                retry,
                threads.senders(),
                threads.workers(),
                threads.timer(),
                events);
        this.scheduler = new Scheduler(clock, threads.workers(), events::publish);
        this.application = "pgpool-backup/" + hostName();
        this.questions = new SessionGroup(application);
        this.successes = new SuccessWatch(config.databases(), config.run().overdueAfter(), clock.instant());
    }

    private static String hostName() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return name.length() > 40 ? name.substring(0, 40) : name;
        } catch (UnknownHostException e) {
            return "unknown-host";
        }
    }

    /** Runs a backup now, in the calling thread. */
    public RunReport run(Trigger trigger) {
        requireOpen();
        Cancellation cancellation = new Cancellation();
        Instant now = context.clock().instant();
        if (!running.tryLock()) {
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
            runs.add(cancellation);
            RunReport report = new BackupRun(
                            context,
                            this::probe,
                            preflight -> catalogFor(preflight.cluster()),
                            new SessionGroup(application),
                            trigger,
                            BackupId.next(now, null, new Random()),
                            cancellation)
                    .run();
            if (report.succeeded()) {
                successes.succeeded(report.finishedAt());
            }
            remember(report);
            return report;
        } finally {
            runs.remove(cancellation);
            running.unlock();
        }
    }

    /** For other instances, and for this one after a restart. That it cannot be stored does not change the run. */
    private void remember(RunReport report) {
        Catalog known = catalog;
        if (known == null || report.outcome() == RunReport.Outcome.SKIPPED) {
            return;
        }
        try {
            Instant success = successes.lastSuccess();
            if (success == null) {
                success = known.lastRun().map(LastRun::successAt).orElse(null);
            }
            known.record(
                    new LastRun(report.finishedAt(), report.outcome(), report.reason(), report.message(), success));
        } catch (RuntimeException e) {
            LOGGER.warn("How the run ended could not be stored: {}", e.getMessage());
        }
    }

    /** Stops a run that is under way. */
    public void cancel(String why) {
        runs.cancelAll(why);
    }

    /** What the store can do; found out once. */
    public StoreReport probe() {
        StoreReport known = storeReport;
        if (known != null) {
            return known;
        }
        StoreReport report =
                context.store().probe(KeyLayout.probe(context.config().prefix()));
        if (report.has(StoreFeature.READ_WRITE)) {
            storeReport = report;
        }
        return report;
    }

    private Catalog catalogFor(ClusterFacts facts) {
        Catalog known = catalog;
        if (known != null) {
            return known;
        }
        String cluster = context.config().cluster().isEmpty()
                ? facts.systemIdentifier()
                : context.config().cluster();
        if (cluster.isEmpty()) {
            throw new BackupException(
                    FailureReason.PREFLIGHT,
                    "the role may not call pg_control_system(), so the server has no name in the store (expected:"
                            + " cluster(...) in the settings, or EXECUTE on that function)");
        }
        return catalogOf(cluster);
    }

    private synchronized Catalog catalogOf(String cluster) {
        Catalog known = catalog;
        if (known == null) {
            known = new Catalog(
                    context.store(),
                    new KeyLayout(context.config().prefix(), cluster),
                    context.retry(),
                    threads.senders());
            catalog = known;
        }
        return known;
    }

    /** The catalog; if it has no configured name and the source is gone, that of the only cluster in the store. */
    public Catalog catalog() {
        requireOpen();
        Catalog known = catalog;
        if (known != null) {
            return known;
        }
        if (!context.config().cluster().isEmpty()) {
            return catalogOf(context.config().cluster());
        }
        var source = context.config().source();
        try (Connection connection = Sessions.open(source, source.adminDatabase(), new SessionGroup(application))) {
            return catalogFor(ClusterFacts.read(connection));
        } catch (SQLException | BackupException e) {
            LOGGER.info("The source cannot be asked for its name, looking into the store: {}", e.getMessage());
            return catalogOf(onlyCluster(String.valueOf(e.getMessage())));
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
    public Map<String, RetentionPlan> planRetention(RetentionPolicy policy) {
        return new Pruner(context, catalog(), mayHaveLocks(probe())).plan(policy);
    }

    /** Object locks need versions. */
    static boolean mayHaveLocks(StoreReport store) {
        return store.has(StoreFeature.VERSIONING);
    }

    /** Retention now, for all databases of the catalog. */
    public Map<String, RetentionPlan> prune(RetentionPolicy policy) {
        Catalog of = catalog();
        RunLock.Attempt lock = RunLock.tryAcquire(
                context,
                of,
                BackupId.next(context.clock().instant(), null, new Random()),
                new SessionGroup(application),
                Preflight.leaseEnforceable(probe()),
                new Cancellation());
        if (lock.lock() == null) {
            throw new BackupException(FailureReason.LOCKED, "held by " + lock.holder());
        }
        try (RunLock held = lock.lock()) {
            LOGGER.debug("Retention holds {}", held);
            Set<String> databases = new HashSet<>();
            of.all().forEach(entry -> databases.add(entry.database()));
            return new Pruner(context, of, mayHaveLocks(probe())).prune(policy, true, databases);
        }
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

    /** The backup that a request means. */
    public CatalogEntry find(RestoreRequest.Which which) {
        if (which instanceof RestoreRequest.ById byId) {
            return catalog().find(byId.database(), byId.id());
        }
        Instant limit = which instanceof RestoreRequest.Before before
                ? before.instant()
                : context.clock().instant().plus(RetentionPlan.CLOCK_TOLERANCE);
        Optional<CatalogEntry> newest = catalog().of(which.database()).stream()
                .filter(CatalogEntry::readable)
                .filter(entry -> !SuccessWatch.startedAt(entry).isAfter(limit))
                .max(Comparator.comparing(SuccessWatch::startedAt));
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
        Instant lastRun = successes.newestData();
        if (backups != null) {
            scheduler.add("backup", backups, catchUp ? lastRun : null, () -> run(Trigger.SCHEDULED));
        }
        if (verifications != null) {
            scheduler.add(
                    "verify",
                    verifications,
                    null,
                    () -> verifyNewest(context.config().verification().level()));
        }
        threads.timer().scheduleWithFixedDelay(this::tick, 0, 1, TimeUnit.SECONDS);
    }

    private void loadCatalog() {
        try {
            Instant now = context.clock().instant();
            List<CatalogEntry> entries = catalog().all();
            LastRun lastRun = catalog().lastRun().orElse(null);
            successes.learn(entries, lastRun, now);
            context.publish(new BackupEvent.CatalogLoaded(now, entries, lastRun));
        } catch (RuntimeException e) {
            LOGGER.warn("The catalog cannot be read: {}", e.getMessage());
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
