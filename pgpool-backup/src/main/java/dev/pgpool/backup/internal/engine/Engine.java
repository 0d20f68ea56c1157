package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.DatabaseSettings;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.context.EventDispatcher;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.run.RunHooks;
import dev.pgpool.backup.internal.schedule.CronSchedule;
import dev.pgpool.backup.internal.schedule.Dates;
import dev.pgpool.backup.internal.schedule.ScheduledRun;
import dev.pgpool.backup.internal.schedule.Scheduler;
import dev.pgpool.backup.internal.settings.CheckedSettings;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.StoreReport;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Holds the parts of an engine together. Everything public may be called by any thread. */
public final class Engine implements AutoCloseable {

    private static final PeerLog LOGGER = PeerLog.of(Engine.class);
    /** A run that was cancelled ends pg_dump and aborts its upload within this time. */
    private static final Duration END_OF_RUN = Duration.ofSeconds(60);

    private final EngineContext context;
    private final CheckedSettings.Schedules schedules;
    private final EngineThreads threads;
    private final Scheduler scheduler;
    private final EngineState state = new EngineState();
    private final OverdueWatch successes;
    private final EngineCatalog catalogs;
    private final CatalogRefresh refresh;
    private final EngineRuns runs;
    private final BackupDeletion deletion;
    private final ArchiveJobs archives;

    /** An engine; nothing is connected or started before it is used. */
    public Engine(CheckedSettings settings) {
        BackupConfig config = settings.config();
        Clock clock = settings.clock();
        this.schedules = settings.schedules();
        this.threads = EngineThreads.start(config);
        EventDispatcher events = new EventDispatcher();
        settings.listeners().forEach(events::add);
        this.context = new EngineContext(
                config,
                settings.stores().get(0),
                settings.encryption(),
                settings.tools(),
                "pgpool-backup/" + hostName(),
                clock,
                retry(config, Duration.ZERO, clock, events),
                retry(config, config.transfer().outage(), clock, events),
                threads.senders(),
                threads.fetchers(),
                threads.workers(),
                threads.timer(),
                events);
        List<ConfiguredStore> stores = settings.stores().stream()
                .map(store -> new ConfiguredStore(context.with(store)))
                .toList();
        this.scheduler = new Scheduler(clock, threads.workers(), events::publish);
        this.successes = new OverdueWatch(config.databases(), config.run().overdueAfter(), clock.instant());
        this.catalogs = new EngineCatalog(stores, state);
        this.refresh = new CatalogRefresh(context, catalogs, successes);
        this.runs = new EngineRuns(
                stores,
                new RunHooks(settings.hooks(), settings.hookLimit(), threads.workers()),
                successes,
                refresh,
                state);
        this.deletion = new BackupDeletion(context, catalogs, state);
        this.archives = new ArchiveJobs(context, catalogs, state);
    }

    private static RetryPolicy retry(BackupConfig config, Duration outage, Clock clock, EventDispatcher events) {
        return new RetryPolicy(
                config.transfer().attempts(),
                config.transfer().retryDelay(),
                EngineContext.MAX_RETRY_DELAY,
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

    /** Runs a backup of all selected databases now, in the calling thread. */
    public RunReport run(Trigger trigger) {
        return runs.run(trigger, "", database -> true);
    }

    /** Stops a run that is under way. */
    public void cancel(String why) {
        runs.cancel(why);
    }

    /** What the store can do; found out once. */
    public StoreReport probe() {
        return catalogs.first().probe();
    }

    /**
     * All backups; if the engine has no configured name and the source does not answer, those of the only cluster in the
     * store.
     */
    public List<CatalogEntry> backups() {
        return catalogs.catalog().all();
    }

    /** The backups of one database. */
    public List<CatalogEntry> backups(String database) {
        return catalogs.catalog().of(database);
    }

    /** One backup. */
    public CatalogEntry backup(String database, BackupId id) {
        return catalogs.catalog().find(database, id);
    }

    /** Keeps a backup from retention and deletion, or gives it back if there is no reason, in all stores that have it. */
    public void pin(String database, BackupId id, @Nullable String reason) {
        catalogs.pin(database, id, reason);
    }

    /** Retention as it would be now; deletes nothing. */
    public Map<String, RetentionPlan> planRetention(Function<String, @Nullable RetentionPolicy> policy) {
        return deletion.planRetention(policy);
    }

    /** Retention now, for all databases of the catalog. */
    public Map<String, RetentionPlan> prune(Function<String, @Nullable RetentionPolicy> policy) {
        return deletion.prune(policy);
    }

    /** Deletes one backup, or all of a database, from all stores; returns those that stay, each with the reason. */
    public Map<BackupId, String> delete(String database, @Nullable BackupId only) {
        return deletion.delete(database, only);
    }

    /** Verifies a backup and stores the result. */
    public VerifyReport verify(CatalogEntry entry, VerifyLevel level) {
        return archives.verify(entry, level);
    }

    /** Verifies the newest backup of each database. */
    public List<VerifyReport> verifyNewest(VerifyLevel level) {
        return archives.verifyNewest(level);
    }

    /** Verifies the backups that were verified least recently, until the time is used up. */
    public List<VerifyReport> verifyDue(VerifyLevel level, Duration budget) {
        return archives.verifyDue(level, budget);
    }

    /** Restores a backup. */
    public RestoreReport restore(RestoreRequest request) {
        return archives.restore(request);
    }

    /** Writes the objects of a backup as files, decrypted, into a directory. */
    public List<Path> export(CatalogEntry entry, Path directory) {
        return archives.export(entry, directory);
    }

    /** Starts the schedule. */
    public void start() {
        Dates backups = schedules.backups();
        Dates verifications = schedules.verifications();
        state.requireOpen();
        refresh.start();
        BackupConfig config = context.config();
        if (backups != null) {
            schedule("backup", backups, database -> config.settings(database).cron() == null);
        }
        for (DatabaseSettings.Rule rule : config.rules()) {
            DatabaseSettings settings = rule.settings();
            String cron = settings.cron();
            if (cron != null) {
                schedule(
                        "backup " + rule.pattern(),
                        new CronSchedule(cron, Objects.requireNonNull(settings.zone())),
                        database -> config.settings(database).equals(settings));
            }
        }
        if (verifications != null) {
            scheduler.add("verify", verifications, null, () -> {
                BackupConfig.Verification settings = context.config().verification();
                Duration budget = settings.budget();
                if (budget == null) {
                    archives.verifyNewest(settings.level());
                } else {
                    archives.verifyDue(settings.level(), budget);
                }
            });
        }
        threads.timer().scheduleWithFixedDelay(this::tick, 0, 1, TimeUnit.SECONDS);
    }

    private void schedule(String name, Dates schedule, Predicate<String> part) {
        boolean all = context.config().rules().stream()
                .allMatch(rule -> rule.settings().cron() == null);
        // The same name in all instances, and for a single schedule that of a manual run, too.
        String partName = all ? "" : EngineRuns.OWN_SCHEDULE.equals(", " + name + " ") ? ", the rest" : ", " + name;
        scheduler.add(
                name,
                schedule,
                schedules.catchUp() ? successes.newestData(part) : null,
                new ScheduledRun(
                        context.config().run(),
                        context.clock(),
                        (trigger, databases) -> runs.run(trigger, partName, databases),
                        part,
                        schedule));
    }

    /** What happens each second; public for tests with a clock of their own. */
    public void tick() {
        if (state.isClosed()) {
            return;
        }
        try {
            scheduler.tick();
            refresh.tick();
        } catch (RuntimeException e) {
            LOGGER.error("Tick failed", e);
        }
    }

    @Override
    public void close() {
        if (!state.close()) {
            return;
        }
        cancel("the engine is being closed");
        // A run that was cancelled ends its child and aborts its upload before the threads it needs are taken away.
        try {
            if (!runs.awaitIdle(END_OF_RUN)) {
                LOGGER.warn("A run did not end in time; its upload is left to the next run's sweep");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        archives.cut();
        context.events().close();
        threads.close();
    }
}
