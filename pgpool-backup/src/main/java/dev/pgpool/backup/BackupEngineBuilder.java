package dev.pgpool.backup;

import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.DatabaseSelection;
import dev.pgpool.backup.config.DatabaseSettings;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.config.RowCounts;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.internal.settings.EngineSettings;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.ObjectStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Builds a {@link BackupEngine}. All problems are reported together by {@link #build}. */
public final class BackupEngineBuilder {

    private final EngineSettings settings = new EngineSettings();

    BackupEngineBuilder() {}

    /** Required: the server to back up. */
    public BackupEngineBuilder source(PgServer server) {
        return with(() -> settings.source(server));
    }

    /** Required: where backups go. The engine closes it. */
    public BackupEngineBuilder store(ObjectStore to) {
        return with(() -> settings.store(to));
    }

    /**
     * Default none: a further store for each backup. It is dumped once, into the first store that takes it, and copied from there
     * to the others as it is; each has a manifest of its own and is pruned alike. One that is lost does not fail the others:
     * notes, {@link dev.pgpool.backup.event.BackupEvent.Copied} and a notice tell. The catalog, verifications and restores use
     * the first; an engine whose store is another one restores from that. The engine closes it.
     */
    public BackupEngineBuilder copyTo(ObjectStore another) {
        return with(() -> settings.copyTo(another));
    }

    /** Default: all databases. Only these. */
    public BackupEngineBuilder databases(String... names) {
        return with(() -> settings.databases("databases", () -> new DatabaseSelection.Named(List.of(names))));
    }

    /** Default: all databases. All but these. */
    public BackupEngineBuilder allDatabasesExcept(String... names) {
        return with(
                () -> settings.databases("allDatabasesExcept", () -> new DatabaseSelection.AllExcept(Set.of(names))));
    }

    /**
     * Default: all databases. Those whose names match, {@code *} standing for any text and {@code ?} for any character; what a
     * pattern after {@code !} matches is left out, as in {@code databasesMatching("shop_*", "!shop_test*")}.
     */
    public BackupEngineBuilder databasesMatching(String... patterns) {
        return with(
                () -> settings.databases("databasesMatching", () -> new DatabaseSelection.Matching(List.of(patterns))));
    }

    /**
     * Default none: what is otherwise for the databases that match a pattern of {@code *} and {@code ?}. Of several that match,
     * the first that was given holds.
     */
    public BackupEngineBuilder forDatabases(String pattern, DatabaseSettings rule) {
        return with(() -> settings.schedules().rule(pattern, rule));
    }

    /** Default none: put before all keys, without slashes at its ends. */
    public BackupEngineBuilder prefix(String keys) {
        return with(() -> settings.prefix(keys));
    }

    /** Default: the server's system identifier. Its name in the store; give one to find backups without the server. */
    public BackupEngineBuilder cluster(String name) {
        return with(() -> settings.cluster(name));
    }

    /** Default {@link DumpFormat#CUSTOM}. */
    public BackupEngineBuilder format(DumpFormat of) {
        return with(() -> settings.dump().format(of));
    }

    /** Default {@link Compression#auto()}. */
    public BackupEngineBuilder compression(Compression by) {
        return with(() -> settings.dump().compression(by));
    }

    /** Default {@link DumpFilter#everything()}: what of each database is dumped. */
    public BackupEngineBuilder filter(DumpFilter of) {
        return with(() -> settings.dump().filter("filter", before -> of));
    }

    /** Default none: tables, views and sequences that are left out, by patterns of pg_dump's as in {@code log.*}. */
    public BackupEngineBuilder excludeTables(String... patterns) {
        return with(() -> settings.dump().filter("excludeTables", filter -> filter.excludeTables(patterns)));
    }

    /** Default none: tables of which only the definition is dumped. */
    public BackupEngineBuilder excludeTableData(String... patterns) {
        return with(() -> settings.dump().filter("excludeTableData", filter -> filter.excludeTableData(patterns)));
    }

    /** Default all: only these schemas. Extensions and large objects are not dumped then. */
    public BackupEngineBuilder schemas(String... patterns) {
        return with(() -> settings.dump().filter("schemas", filter -> filter.schemas(patterns)));
    }

    /** Default none: schemas that are left out. */
    public BackupEngineBuilder excludeSchemas(String... patterns) {
        return with(() -> settings.dump().filter("excludeSchemas", filter -> filter.excludeSchemas(patterns)));
    }

    /** Default all: only these tables, views and sequences. Extensions and large objects are not dumped then. */
    public BackupEngineBuilder tables(String... patterns) {
        return with(() -> settings.dump().filter("tables", filter -> filter.tables(patterns)));
    }

    /** Default true: whether large objects are dumped. */
    public BackupEngineBuilder largeObjects(boolean dumped) {
        return with(() -> settings.dump().filter("largeObjects", filter -> filter.largeObjects(dumped)));
    }

    /**
     * Default none, and a last resort: further arguments for pg_dump, nothing secret. Since their effect on the contents is not
     * known, nothing is counted then, and a verification up to {@link VerifyLevel#CHECKED} compares nothing but your own checks.
     * What the engine itself says to pg_dump (server, database, format, file, snapshot, jobs) cannot be said twice.
     */
    public BackupEngineBuilder dumpArguments(String... arguments) {
        return with(() -> settings.dump().arguments(arguments));
    }

    /** Default one minute: how long pg_dump waits for a table's lock before the run fails. */
    public BackupEngineBuilder lockWait(Duration limit) {
        return with(() -> settings.dump().lockWait(limit));
    }

    /** Default {@link RowCounts#EXACT}. */
    public BackupEngineBuilder rowCounts(RowCounts which) {
        return with(() -> settings.dump().rowCounts(which));
    }

    /** Default 1: databases dumped at once. */
    public BackupEngineBuilder parallelDatabases(int count) {
        return with(() -> settings.dump().parallelDatabases(count));
    }

    /**
     * Default false: if the source is a standby, whether its replay is paused while it is dumped, so that no conflict with
     * recovery cancels the dump. It falls behind meanwhile, and needs room for the WAL that comes in. Resumed however the run
     * ends; a process that is killed can't. Needs EXECUTE on {@code pg_wal_replay_pause} and {@code pg_wal_replay_resume}.
     */
    public BackupEngineBuilder pauseReplay(boolean pause) {
        return with(() -> settings.dump().pauseReplay(pause));
    }

    /** Default 8 MiB less 1 KiB: size of the first part of an upload. Memory is (parallelism + 1) parts for each database at once. */
    public BackupEngineBuilder partSize(int bytes) {
        return with(() -> settings.transfer().partSize(bytes));
    }

    /** Default 64 MiB: parts grow up to this if a dump would need too many. The same as partSize for equal parts. */
    public BackupEngineBuilder maxPartSize(int bytes) {
        return with(() -> settings.transfer().maxPartSize(bytes));
    }

    /** Default 4: parts under way at once for each database. */
    public BackupEngineBuilder parallelism(int parts) {
        return with(() -> settings.transfer().parallelism(parts));
    }

    /** Default 6 attempts, 200 ms: how often a call to the store is tried, and the first pause, which doubles. */
    public BackupEngineBuilder retries(int count, Duration firstPause) {
        return with(() -> settings.transfer().retries(count, firstPause));
    }

    /**
     * Default 3 min: how long a transfer outlives a store that is away. Calls of a transfer are repeated for at least this long,
     * however many attempts {@link #retries} allows; pg_dump waits meanwhile.
     */
    public BackupEngineBuilder outage(Duration time) {
        return with(() -> settings.transfer().outage(time));
    }

    /**
     * Default 3 times after 10 min: how often a scheduled run that failed is tried again before its next date, for the databases
     * that were not taken. 0 to wait for the next date.
     */
    public BackupEngineBuilder retryRuns(int times, Duration pause) {
        return with(() -> settings.run().retryRuns(times, pause));
    }

    /** Default none: called before each run, which it may refuse, and after it. */
    public BackupEngineBuilder hook(RunHook of) {
        return with(() -> settings.run().hook(of));
    }

    /** Default 1 min: how long a hook may take. */
    public BackupEngineBuilder hookLimit(Duration limit) {
        return with(() -> settings.run().hookLimit(limit));
    }

    /** Default 12 h: for a whole run. */
    public BackupEngineBuilder deadline(Duration limit) {
        return with(() -> settings.run().deadline(limit));
    }

    /** Default 10 min: without a byte moving a run is ended. */
    public BackupEngineBuilder stallLimit(Duration limit) {
        return with(() -> settings.run().stallLimit(limit));
    }

    /** Default 10 min: how long the lease of a dead runner keeps others out, and its leftovers are left alone. */
    public BackupEngineBuilder leaseTime(Duration time) {
        return with(() -> settings.run().leaseTime(time));
    }

    /** Default 5 s: between progress events. */
    public BackupEngineBuilder progressInterval(Duration interval) {
        return with(() -> settings.run().progressInterval(interval));
    }

    /** Default none: how long the store locks each backup; needs a bucket with object lock and a store with a lock mode. */
    public BackupEngineBuilder objectLock(Duration time) {
        return with(() -> settings.run().objectLock(time));
    }

    /**
     * Default 26 h: without a success for this long {@link dev.pgpool.backup.event.BackupEvent.Overdue} is raised, run or no
     * run.
     */
    public BackupEngineBuilder overdueAfter(Duration time) {
        return with(() -> settings.run().overdueAfter(time));
    }

    /** Default {@link RetentionPolicy#defaults()}: 30 days, at least 3. */
    public BackupEngineBuilder retention(RetentionPolicy policy) {
        return with(() -> settings.retention(policy));
    }

    /** Deletes nothing, ever. */
    public BackupEngineBuilder keepEverything() {
        return with(() -> settings.retention(null));
    }

    /** Default none: a server where scratch databases may be made. Raises the level to {@link VerifyLevel#CHECKED}. */
    public BackupEngineBuilder verifyOn(PgServer server) {
        return with(() -> settings.verification().on(server));
    }

    /** Default ARCHIVE, or CHECKED with {@link #verifyOn}. */
    public BackupEngineBuilder verifyLevel(VerifyLevel level) {
        return with(() -> settings.verification().level(level));
    }

    /** Default none: a query that each restored database has to answer as expected. */
    public BackupEngineBuilder check(SqlCheck query) {
        return with(() -> settings.verification().check(query));
    }

    /**
     * Default 1: jobs of pg_restore in verifications. More than one needs disk for a whole archive.
     *
     * @param count of jobs
     * @param directory for archives; default the JVM's temporary directory
     */
    public BackupEngineBuilder restoreJobs(int count, Path directory) {
        return with(() -> settings.verification().jobs(count, directory));
    }

    /**
     * Default none, which verifies the newest backup of each database: the schedule verifies the backups that were verified least
     * recently instead, one after another, and begins none once this much time is used up.
     */
    public BackupEngineBuilder verifyBudget(Duration time) {
        return with(() -> settings.verification().budget(time));
    }

    /** Default {@link RestoreOptions#defaults()}: what verification leaves out and tolerates, as the restores will. */
    public BackupEngineBuilder verifyOptions(RestoreOptions options) {
        return with(() -> settings.verification().options(options));
    }

    /** Default 12 h: for one call of pg_restore. */
    public BackupEngineBuilder verifyDeadline(Duration limit) {
        return with(() -> settings.verification().deadline(limit));
    }

    /** Default {@code pg_dump} from PATH. The command may be preceded by others: {@code nice pg_dump}. */
    public BackupEngineBuilder dumpCommand(String... command) {
        return with(() -> settings.tools().dump(command));
    }

    /** Default {@code pg_restore} from PATH. */
    public BackupEngineBuilder restoreCommand(String... command) {
        return with(() -> settings.tools().restore(command));
    }

    /** Default {@code psql} from PATH; needed for plain dumps only. */
    public BackupEngineBuilder psqlCommand(String... command) {
        return with(() -> settings.tools().psql(command));
    }

    /** Default none: a variable for the client programs, whose environment is otherwise empty but for PATH. */
    public BackupEngineBuilder toolEnvironment(String name, String value) {
        return with(() -> settings.tools().environment(name, value));
    }

    /**
     * Default none: a password file in libpq's form ({@code host:port:database:user:password}, readable by its owner only), by
     * its path where the client programs run. For command prefixes that pass no environment on, such as {@code ssh}, {@code
     * docker exec} or {@code env -i}: the password is never an argument.
     */
    public BackupEngineBuilder toolPassFile(String path) {
        return with(() -> settings.tools().passFile(path));
    }

    /** Default 10 s: between asking a program to end and killing it. */
    public BackupEngineBuilder toolGrace(Duration time) {
        return with(() -> settings.tools().grace(time));
    }

    /** Default none: encrypt with these keys before anything leaves the JVM. */
    public BackupEngineBuilder encryption(BackupKeys with) {
        return with(() -> settings.encryption(with));
    }

    /**
     * Default false: with encryption keys, backups that are not encrypted, and those from before manifests were authenticated,
     * are refused, since any credential for the store may have written them. True for the time in which there are older
     * ones; it takes that protection away.
     */
    public BackupEngineBuilder trustUnencrypted(boolean trust) {
        return with(() -> settings.trustUnencrypted(trust));
    }

    /** Default none: run by a cron expression of five fields in a zone. */
    public BackupEngineBuilder schedule(String cron, ZoneId zone) {
        return with(() -> settings.schedules().backups(cron, zone));
    }

    /**
     * Default none: asks the host at each date for the cron expression from then on, in the zone of {@link #schedule}, which holds as
     * long as there is none, or none that can be read, and is to be set as well. A date that was given stays until it has come; after
     * a change the next one is at least half a period away, so that no day has two runs. Called by {@link BackupEngine#start()} and by
     * the thread that keeps the time, which is to have its answer soon. Databases with a schedule of their own keep it.
     */
    public BackupEngineBuilder scheduleFrom(Supplier<Optional<String>> cron) {
        return with(() -> settings.schedules().source(Objects.requireNonNull(cron, "cron")));
    }

    /** Default none: verify the newest backups by a cron expression of five fields in a zone. */
    public BackupEngineBuilder verifySchedule(String cron, ZoneId zone) {
        return with(() -> settings.schedules().verifications(cron, zone));
    }

    /** Default true: a run that was due while the JVM was down is made up for at the start, once. */
    public BackupEngineBuilder catchUp(boolean on) {
        return with(() -> settings.schedules().catchUp(on));
    }

    /** Default the system's: the clock of all decisions. */
    public BackupEngineBuilder clock(Clock of) {
        return with(() -> settings.clock(of));
    }

    /** Default none: gets every event. */
    public BackupEngineBuilder listener(BackupListener of) {
        return with(() -> settings.listener(of));
    }

    private BackupEngineBuilder with(Runnable setting) {
        setting.run();
        return this;
    }

    /**
     * The engine. Nothing is connected or started yet.
     *
     * @throws dev.pgpool.backup.config.ConfigException naming every setting that is missing or wrong
     */
    public BackupEngine build() {
        return new BackupEngine(settings.checked());
    }
}
