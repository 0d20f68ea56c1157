package dev.pgpool.backup;

import dev.pgpool.backup.config.BackupConfig;
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
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.run.CronSchedule;
import dev.pgpool.backup.internal.run.Engine;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Builds a {@link BackupEngine}. All problems are reported together by {@link #build}. */
public final class BackupEngineBuilder {

    private static final Pattern RESERVED_ARGUMENTS = Pattern.compile(
            "^(-[dfFhpUwWjZ]|[^-]|-$|$|--(d(b(n|$)|$)|fil|form|hos|por|us|no-pas|pas|job|compress|snap|lock-w|verb|vers|help))");

    private static final int MAX_CLUSTER_BYTES = 200;

    private final List<String> problems = new ArrayList<>();
    private @Nullable PgServer source;
    private @Nullable ObjectStore store;
    private final List<ObjectStore> copies = new ArrayList<>();
    private DatabaseSelection databases = new DatabaseSelection.AllExcept(Set.of());
    private String prefix = "";
    private String cluster = "";
    private DumpFormat format = DumpFormat.CUSTOM;
    private Compression compression = Compression.auto();
    private List<String> dumpArguments = List.of();
    private DumpFilter filter = DumpFilter.everything();
    private final List<DatabaseSettings.Rule> rules = new ArrayList<>();
    private final List<RunHook> hooks = new ArrayList<>();
    private Duration hookLimit = Duration.ofMinutes(1);
    private Duration outage = Duration.ofMinutes(3);
    private int runRetries = 3;
    private Duration runRetryPause = Duration.ofMinutes(10);
    private Duration lockWait = Duration.ofMinutes(1);
    private RowCounts rowCounts = RowCounts.EXACT;
    private boolean pauseReplay;
    private int parallelDatabases = 1;
    // A little less than a power of two: the array's header would take another region of a small G1 heap.
    private int partBytes = (8 << 20) - 1024;
    private int maxPartBytes = 64 << 20;
    private int parallelism = 4;
    private int attempts = 6;
    private Duration retryDelay = Duration.ofMillis(200);
    private Duration deadline = Duration.ofHours(12);
    private Duration stallLimit = Duration.ofMinutes(10);
    private Duration leaseTime = Duration.ofMinutes(10);
    private Duration progressInterval = Duration.ofSeconds(5);
    private @Nullable Duration objectLock;
    private Duration overdueAfter = Duration.ofHours(26);
    private @Nullable RetentionPolicy retention = RetentionPolicy.defaults();
    private @Nullable PgServer verifyServer;
    private VerifyLevel verifyLevel = VerifyLevel.ARCHIVE;
    private final List<SqlCheck> checks = new ArrayList<>();
    private int restoreJobs = 1;
    private RestoreOptions verifyOptions = RestoreOptions.defaults();
    private Path spool = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    private @Nullable Duration verifyBudget;
    private Duration verifyDeadline = Duration.ofHours(12);
    private List<String> dumpCommand = List.of("pg_dump");
    private List<String> restoreCommand = List.of("pg_restore");
    private List<String> psqlCommand = List.of("psql");
    private final Map<String, String> toolEnvironment = new LinkedHashMap<>();
    private @Nullable String toolPassFile;
    private Duration toolGrace = Duration.ofSeconds(10);
    private @Nullable BackupKeys keys;
    private boolean trustUnencrypted;
    private @Nullable CronSchedule backups;
    private @Nullable CronSchedule verifications;
    private boolean catchUp = true;
    private Clock clock = Clock.systemUTC();
    private final List<BackupListener> listeners = new ArrayList<>();

    BackupEngineBuilder() {}

    /** Required: the server to back up. */
    public BackupEngineBuilder source(PgServer server) {
        source = server;
        return this;
    }

    /** Required: where backups go. The engine closes it. */
    public BackupEngineBuilder store(ObjectStore to) {
        store = to;
        return this;
    }

    /**
     * Default none: a further store for each backup. It is dumped once, into the first store that takes it, and copied from there
     * to the others as it is; each has a manifest of its own and is pruned alike. One that is lost does not fail the others: notes,
     * {@link dev.pgpool.backup.event.BackupEvent.Copied} and a notice tell. The catalog, verifications and restores use the first; an engine whose store is
     * another one restores from that. The engine closes it.
     */
    public BackupEngineBuilder copyTo(ObjectStore another) {
        copies.add(another);
        return this;
    }

    /** Default: all databases. Only these. */
    public BackupEngineBuilder databases(String... names) {
        return check("databases", () -> databases = new DatabaseSelection.Named(List.of(names)));
    }

    /** Default: all databases. All but these. */
    public BackupEngineBuilder allDatabasesExcept(String... names) {
        return check("allDatabasesExcept", () -> databases = new DatabaseSelection.AllExcept(Set.of(names)));
    }

    /**
     * Default: all databases. Those whose names match, {@code *} standing for any text and {@code ?} for any character; what a
     * pattern after {@code !} matches is left out, as in {@code databasesMatching("shop_*", "!shop_test*")}.
     */
    public BackupEngineBuilder databasesMatching(String... patterns) {
        return check("databasesMatching", () -> databases = new DatabaseSelection.Matching(List.of(patterns)));
    }

    /**
     * Default none: what is otherwise for the databases that match a pattern of {@code *} and {@code ?}. Of several that match, the
     * first that was given holds.
     */
    public BackupEngineBuilder forDatabases(String pattern, DatabaseSettings settings) {
        String cron = settings.cron();
        ZoneId zone = settings.zone();
        if (pattern.isEmpty()) {
            problems.add("forDatabases: an empty pattern (expected: a name, * or ?)");
        }
        if (cron != null) {
            if (zone == null) {
                problems.add("forDatabases " + pattern + ": a schedule without a zone (expected: both)");
            } else {
                check("forDatabases " + pattern + ": schedule", () -> schedule(new CronSchedule(cron, zone)));
            }
        }
        rules.add(new DatabaseSettings.Rule(pattern, settings));
        return this;
    }

    /** Default none: put before all keys, without slashes at its ends. */
    public BackupEngineBuilder prefix(String keys) {
        if (!keys.matches("|[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*") || keys.length() > 200) {
            problems.add("prefix: \"" + keys + "\" (expected: segments of letters, digits, dots, _ and -, parted by"
                    + " slashes, none at its ends, 200 in all)");
        }
        prefix = keys;
        return this;
    }

    /** Default: the server's system identifier. Its name in the store; give one to find backups without the server. */
    public BackupEngineBuilder cluster(String name) {
        cluster = name;
        return this;
    }

    /** Default {@link DumpFormat#CUSTOM}. */
    public BackupEngineBuilder format(DumpFormat of) {
        format = of;
        return this;
    }

    /** Default {@link Compression#auto()}. */
    public BackupEngineBuilder compression(Compression by) {
        compression = by;
        return this;
    }

    /** Default {@link DumpFilter#everything()}: what of each database is dumped. */
    public BackupEngineBuilder filter(DumpFilter of) {
        filter = of;
        return this;
    }

    /** Default none: tables, views and sequences that are left out, by patterns of pg_dump's as in {@code log.*}. */
    public BackupEngineBuilder excludeTables(String... patterns) {
        return check("excludeTables", () -> filter = filter.excludeTables(patterns));
    }

    /** Default none: tables of which only the definition is dumped. */
    public BackupEngineBuilder excludeTableData(String... patterns) {
        return check("excludeTableData", () -> filter = filter.excludeTableData(patterns));
    }

    /** Default all: only these schemas. Extensions and large objects are not dumped then. */
    public BackupEngineBuilder schemas(String... patterns) {
        return check("schemas", () -> filter = filter.schemas(patterns));
    }

    /** Default none: schemas that are left out. */
    public BackupEngineBuilder excludeSchemas(String... patterns) {
        return check("excludeSchemas", () -> filter = filter.excludeSchemas(patterns));
    }

    /** Default all: only these tables, views and sequences. Extensions and large objects are not dumped then. */
    public BackupEngineBuilder tables(String... patterns) {
        return check("tables", () -> filter = filter.tables(patterns));
    }

    /** Default true: whether large objects are dumped. */
    public BackupEngineBuilder largeObjects(boolean dumped) {
        filter = filter.largeObjects(dumped);
        return this;
    }

    /**
     * Default none, and a last resort: further arguments for pg_dump, nothing secret. Since their effect on the contents is not
     * known, nothing is counted then, and a verification up to {@link VerifyLevel#CHECKED} compares nothing but your own checks.
     * What the engine itself says to pg_dump (server, database, format, file, snapshot, jobs) cannot be said twice.
     */
    public BackupEngineBuilder dumpArguments(String... arguments) {
        dumpArguments = List.of(arguments);
        for (String argument : arguments) {
            if (RESERVED_ARGUMENTS.matcher(argument).find()) {
                problems.add("dumpArguments: \"" + argument + "\" (expected: none that the engine gives itself)");
            }
        }
        return this;
    }

    /** Default one minute: how long pg_dump waits for a table's lock before the run fails. */
    public BackupEngineBuilder lockWait(Duration limit) {
        lockWait = positive("lockWait", limit);
        return this;
    }

    /** Default {@link RowCounts#EXACT}. */
    public BackupEngineBuilder rowCounts(RowCounts which) {
        rowCounts = which;
        return this;
    }

    /** Default 1: databases dumped at once. */
    public BackupEngineBuilder parallelDatabases(int count) {
        parallelDatabases = positive("parallelDatabases", count);
        return this;
    }

    /**
     * Default false: if the source is a standby, whether its replay is paused while it is dumped, so that no conflict with
     * recovery cancels the dump. It falls behind meanwhile, and needs room for the WAL that comes in. Resumed however the run
     * ends; a process that is killed can't. Needs EXECUTE on {@code pg_wal_replay_pause} and {@code pg_wal_replay_resume}.
     */
    public BackupEngineBuilder pauseReplay(boolean pause) {
        pauseReplay = pause;
        return this;
    }

    /** Default 8 MiB less 1 KiB: size of the first part of an upload. Memory is (parallelism + 1) parts for each database at once. */
    public BackupEngineBuilder partSize(int bytes) {
        partBytes = positive("partSize", bytes);
        return this;
    }

    /** Default 64 MiB: parts grow up to this if a dump would need too many. The same as partSize for equal parts. */
    public BackupEngineBuilder maxPartSize(int bytes) {
        maxPartBytes = positive("maxPartSize", bytes);
        return this;
    }

    /** Default 4: parts under way at once for each database. */
    public BackupEngineBuilder parallelism(int parts) {
        parallelism = positive("parallelism", parts);
        return this;
    }

    /** Default 6 attempts, 200 ms: how often a call to the store is tried, and the first pause, which doubles. */
    public BackupEngineBuilder retries(int count, Duration firstPause) {
        attempts = positive("retries", count);
        retryDelay = firstPause;
        return this;
    }

    /**
     * Default 3 min: how long a transfer outlives a store that is away. Calls of a transfer are repeated for at least this long,
     * however many attempts {@link #retries} allows; pg_dump waits meanwhile.
     */
    public BackupEngineBuilder outage(Duration time) {
        if (time.isNegative()) {
            problems.add("outage: " + time + " (expected: >= 0)");
        }
        outage = time;
        return this;
    }

    /**
     * Default 3 times after 10 min: how often a scheduled run that failed is tried again before its next date, for the databases
     * that were not taken. 0 to wait for the next date.
     */
    public BackupEngineBuilder retryRuns(int times, Duration pause) {
        if (times < 0) {
            problems.add("retryRuns: " + times + " (expected: >= 0)");
        }
        runRetries = times;
        runRetryPause = positive("retryRuns", pause);
        return this;
    }

    /** Default none: called before each run, which it may refuse, and after it. */
    public BackupEngineBuilder hook(RunHook of) {
        hooks.add(of);
        return this;
    }

    /** Default 1 min: how long a hook may take. */
    public BackupEngineBuilder hookLimit(Duration limit) {
        hookLimit = positive("hookLimit", limit);
        return this;
    }

    /** Default 12 h: for a whole run. */
    public BackupEngineBuilder deadline(Duration limit) {
        deadline = positive("deadline", limit);
        return this;
    }

    /** Default 10 min: without a byte moving a run is ended. */
    public BackupEngineBuilder stallLimit(Duration limit) {
        stallLimit = positive("stallLimit", limit);
        return this;
    }

    /** Default 10 min: how long the lease of a dead runner keeps others out, and its leftovers are left alone. */
    public BackupEngineBuilder leaseTime(Duration time) {
        leaseTime = positive("leaseTime", time);
        return this;
    }

    /** Default 5 s: between progress events. */
    public BackupEngineBuilder progressInterval(Duration interval) {
        progressInterval = positive("progressInterval", interval);
        return this;
    }

    /** Default none: how long the store locks each backup; needs a bucket with object lock and a store with a lock mode. */
    public BackupEngineBuilder objectLock(Duration time) {
        objectLock = positive("objectLock", time);
        return this;
    }

    /** Default 26 h: without a success for this long {@link dev.pgpool.backup.event.BackupEvent.Overdue} is raised, run or no run. */
    public BackupEngineBuilder overdueAfter(Duration time) {
        overdueAfter = positive("overdueAfter", time);
        return this;
    }

    /** Default {@link RetentionPolicy#defaults()}: 30 days, at least 3. */
    public BackupEngineBuilder retention(RetentionPolicy policy) {
        retention = policy;
        return this;
    }

    /** Deletes nothing, ever. */
    public BackupEngineBuilder keepEverything() {
        retention = null;
        return this;
    }

    /** Default none: a server where scratch databases may be made. Raises the level to {@link VerifyLevel#CHECKED}. */
    public BackupEngineBuilder verifyOn(PgServer server) {
        verifyServer = server;
        verifyLevel = VerifyLevel.CHECKED;
        return this;
    }

    /** Default ARCHIVE, or CHECKED with {@link #verifyOn}. */
    public BackupEngineBuilder verifyLevel(VerifyLevel level) {
        verifyLevel = level;
        return this;
    }

    /** Default none: a question to each restored database. */
    public BackupEngineBuilder check(SqlCheck question) {
        checks.add(question);
        return this;
    }

    /**
     * Default 1: jobs of pg_restore in verifications. More than one needs disk for a whole archive.
     *
     * @param count of jobs
     * @param directory for archives; default the JVM's temporary directory
     */
    public BackupEngineBuilder restoreJobs(int count, Path directory) {
        restoreJobs = positive("restoreJobs", count);
        spool = directory;
        return this;
    }

    /**
     * Default none, which verifies the newest backup of each database: the schedule verifies the backups that were verified least
     * recently instead, one after another, and begins none once this much time is used up.
     */
    public BackupEngineBuilder verifyBudget(Duration time) {
        verifyBudget = positive("verifyBudget", time);
        return this;
    }

    /** Default {@link RestoreOptions#defaults()}: what verification leaves out and tolerates, as the restores will. */
    public BackupEngineBuilder verifyOptions(RestoreOptions options) {
        verifyOptions = options;
        return this;
    }

    /** Default 12 h: for one call of pg_restore. */
    public BackupEngineBuilder verifyDeadline(Duration limit) {
        verifyDeadline = positive("verifyDeadline", limit);
        return this;
    }

    /** Default {@code pg_dump} from PATH. The command may be preceded by others: {@code nice pg_dump}. */
    public BackupEngineBuilder dumpCommand(String... command) {
        dumpCommand = command("dumpCommand", command);
        return this;
    }

    /** Default {@code pg_restore} from PATH. */
    public BackupEngineBuilder restoreCommand(String... command) {
        restoreCommand = command("restoreCommand", command);
        return this;
    }

    /** Default {@code psql} from PATH; needed for plain dumps only. */
    public BackupEngineBuilder psqlCommand(String... command) {
        psqlCommand = command("psqlCommand", command);
        return this;
    }

    /** Default none: a variable for the client programs, whose environment is otherwise empty but for PATH. */
    public BackupEngineBuilder toolEnvironment(String name, String value) {
        toolEnvironment.put(name, value);
        return this;
    }

    /**
     * Default none: a password file in libpq's form ({@code host:port:database:user:password}, readable by its owner only), by its path
     * where the client programs run. For command prefixes that pass no environment on, such as {@code ssh}, {@code docker exec} or
     * {@code env -i}: the password is never an argument.
     */
    public BackupEngineBuilder toolPassFile(String path) {
        if (path.isBlank() || path.indexOf('\0') >= 0) {
            problems.add("toolPassFile: \"" + path + "\" (expected: a path)");
        }
        toolPassFile = path;
        return this;
    }

    /** Default 10 s: between asking a program to end and killing it. */
    public BackupEngineBuilder toolGrace(Duration time) {
        toolGrace = positive("toolGrace", time);
        return this;
    }

    /** Default none: encrypt with these keys before anything leaves the JVM. */
    public BackupEngineBuilder encryption(BackupKeys with) {
        keys = with;
        return this;
    }

    /**
     * Default false: with encryption keys, backups that are not encrypted, and those from before manifests were authenticated,
     * are not believed, since anyone who can write to the store may have written them. True for the time in which there are older
     * ones; it takes that protection away.
     */
    public BackupEngineBuilder trustUnencrypted(boolean trust) {
        trustUnencrypted = trust;
        return this;
    }

    /** Default none: run by a cron expression of five fields in a zone. */
    public BackupEngineBuilder schedule(String cron, ZoneId zone) {
        return check("schedule", () -> backups = schedule(new CronSchedule(cron, zone)));
    }

    /** Default none: verify the newest backups by a cron expression of five fields in a zone. */
    public BackupEngineBuilder verifySchedule(String cron, ZoneId zone) {
        return check("verifySchedule", () -> verifications = schedule(new CronSchedule(cron, zone)));
    }

    /** Default true: a run that was due while the JVM was down is made up for at the start, once. */
    public BackupEngineBuilder catchUp(boolean on) {
        catchUp = on;
        return this;
    }

    /** Default the system's: the clock of all decisions. */
    public BackupEngineBuilder clock(Clock of) {
        clock = of;
        return this;
    }

    /** Default none: hears what happens. */
    public BackupEngineBuilder listener(BackupListener of) {
        listeners.add(of);
        return this;
    }

    private static CronSchedule schedule(CronSchedule of) {
        if (of.next(Instant.now()) == null) {
            throw new IllegalArgumentException("\"" + of + "\" is never due (expected: a date that comes)");
        }
        return of;
    }

    private static int require(int value) {
        return Math.max(1, value);
    }

    private int positive(String name, int value) {
        if (value < 1) {
            problems.add(name + ": " + value + " (expected: > 0)");
        }
        return require(value);
    }

    private Duration positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            problems.add(name + ": " + value + " (expected: > 0)");
            return Duration.ofSeconds(1);
        }
        return value;
    }

    private List<String> command(String name, String... command) {
        if (command.length == 0) {
            problems.add(name + ": empty (expected: at least the program)");
            return List.of(name);
        }
        return List.of(command);
    }

    private BackupEngineBuilder check(String name, Runnable setting) {
        try {
            setting.run();
        } catch (IllegalArgumentException e) {
            problems.add(name + ": " + e.getMessage());
        }
        return this;
    }

    /**
     * The engine. Nothing is connected or started yet.
     *
     * @throws IllegalArgumentException naming every setting that is missing or wrong
     */
    public BackupEngine build() {
        List<String> found = new ArrayList<>(problems);
        if (source == null) {
            found.add("source: missing (expected: a PgServer)");
        }
        if (store == null) {
            found.add("store: missing (expected: an S3Store or DirectoryStore)");
        }
        if (maxPartBytes < partBytes) {
            found.add("maxPartSize: " + maxPartBytes + " (expected: at least partSize, " + partBytes + ")");
        }
        if (verifyLevel.includes(VerifyLevel.RESTORED) && verifyServer == null) {
            found.add("verifyLevel: " + verifyLevel + " (expected: verifyOn(server) with it)");
        }
        if (cluster.getBytes(StandardCharsets.UTF_8).length > MAX_CLUSTER_BYTES || cluster.indexOf('\0') >= 0) {
            found.add(
                    "cluster: " + cluster.length() + " characters (expected: at most " + MAX_CLUSTER_BYTES + " bytes)");
        }
        List<ObjectStore> stores = new ArrayList<>();
        if (store != null) {
            stores.add(store);
        }
        stores.addAll(copies);
        if (stores.stream().map(ObjectStore::describe).distinct().count() < stores.size()) {
            found.add("copyTo: the same store twice (expected: another one)");
        }
        PgServer from = source;
        if (!found.isEmpty() || from == null) {
            throw new IllegalArgumentException("backup engine: " + String.join("; ", found));
        }
        BackupConfig config = new BackupConfig(
                from,
                databases,
                prefix,
                cluster,
                new BackupConfig.Dump(
                        format,
                        compression,
                        dumpArguments,
                        lockWait,
                        rowCounts,
                        parallelDatabases,
                        pauseReplay,
                        filter),
                new BackupConfig.Transfer(partBytes, maxPartBytes, parallelism, attempts, retryDelay, outage),
                new BackupConfig.Run(
                        deadline,
                        stallLimit,
                        leaseTime,
                        progressInterval,
                        objectLock,
                        overdueAfter,
                        runRetries,
                        runRetryPause),
                retention,
                new BackupConfig.Verification(
                        verifyServer,
                        verifyLevel,
                        checks,
                        restoreJobs,
                        verifyOptions,
                        spool,
                        verifyDeadline,
                        verifyBudget),
                rules);
        ClientTools tools =
                new ClientTools(dumpCommand, restoreCommand, psqlCommand, toolEnvironment, toolGrace, toolPassFile);
        Engine engine = new Engine(
                config, stores, new Encryption(keys, trustUnencrypted), tools, clock, listeners, hooks, hookLimit);
        return new BackupEngine(engine, config, stores, new BackupCatalog(engine), backups, verifications, catchUp);
    }
}
