package dev.pgpool.examples;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.retention.Verdict;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.S3Store;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A backup's whole life in some seconds: taken, listed, found damaged after a flipped byte, restored, compared, expired by a
 * moved clock. Works in a database of its own, which it drops again, as it removes its backups.
 */
public final class BackupDemo {

    private static final Duration KEPT = Duration.ofHours(84);
    private static final int DAYS = 5;
    private static final Set<FailureReason> NOT_POSSIBLE =
            Set.of(FailureReason.TOOL_MISSING, FailureReason.VERSION_MISMATCH);

    /** How a demonstration ended. */
    public enum Outcome {
        /** Everything went as it should. */
        SHOWN,
        /** Something is missing on this machine; it was said what. */
        NOT_POSSIBLE_HERE,
        /** Something did not go as it should. */
        WRONG
    }

    private final PgServer server;
    private final Supplier<ObjectStore> stores;
    private final PrintStream out;
    private final String pgDump;
    private final String database = "quickstart_" + UUID.randomUUID().toString().substring(0, 8);
    private final String restored = database + "_restored";

    /**
     * A demonstration.
     *
     * @param server to back up and to restore on; its role must be allowed to create databases
     * @param stores opens the place where the backups go
     * @param out where it tells what it does
     */
    public BackupDemo(PgServer server, Supplier<ObjectStore> stores, PrintStream out) {
        this(server, stores, out, "pg_dump");
    }

    BackupDemo(PgServer server, Supplier<ObjectStore> stores, PrintStream out, String pgDump) {
        this.server = server;
        this.stores = stores;
        this.out = out;
        this.pgDump = pgDump;
    }

    /**
     * The store that the environment asks for: the bucket of {@code S3_ENDPOINT}, {@code S3_BUCKET}, {@code S3_ACCESS_KEY},
     * {@code S3_SECRET_KEY} and, if not us-east-1, {@code S3_REGION}; without {@code S3_ENDPOINT} a directory.
     *
     * @throws IllegalArgumentException if one of them is missing, and says which
     */
    public static ObjectStore store(Map<String, String> environment, Path directory) {
        String endpoint = environment.get("S3_ENDPOINT");
        if (endpoint == null) {
            return new DirectoryStore(directory);
        }
        return S3Store.builder()
                .endpoint(endpoint)
                .bucket(required(environment, "S3_BUCKET"))
                .region(environment.getOrDefault("S3_REGION", "us-east-1"))
                .credentials(required(environment, "S3_ACCESS_KEY"), required(environment, "S3_SECRET_KEY"))
                .build();
    }

    private static String required(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "");
        if (value.isEmpty()) {
            throw new IllegalArgumentException(name + ": missing (expected: a value, since S3_ENDPOINT is set)");
        }
        return value;
    }

    /** Runs it. */
    public Outcome run() {
        try (ObjectStore store = stores.get()) {
            try {
                sql(server.adminDatabase(), "CREATE DATABASE " + database);
                sql(
                        database,
                        "CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL)",
                        "INSERT INTO customer SELECT i, 'customer ' || i FROM generate_series(1, 20000) i");
                return demonstrate(store);
            } finally {
                try {
                    sql(
                            server.adminDatabase(),
                            "DROP DATABASE IF EXISTS " + database,
                            "DROP DATABASE IF EXISTS " + restored);
                } finally {
                    removeBackups(store);
                }
            }
        } catch (BackupException e) {
            return failed(e.reason(), String.valueOf(e.getMessage()));
        } catch (StoreException e) {
            out.println("  the store: " + e.getMessage());
            return Outcome.WRONG;
        } catch (SQLException e) {
            boolean forbidden = "42501".equals(e.getSQLState());
            out.println("  " + (forbidden ? "not shown here: " : "") + e.getMessage());
            return forbidden ? Outcome.NOT_POSSIBLE_HERE : Outcome.WRONG;
        }
    }

    private Outcome failed(FailureReason reason, String message) {
        boolean impossible = NOT_POSSIBLE.contains(reason);
        out.println("  " + (impossible ? "not shown here: " : reason + ": ") + message);
        if (impossible) {
            out.println(
                    "  Backups need pg_dump and pg_restore on PATH, of the server's version or newer (Debian, Ubuntu: apt"
                            + " install postgresql-client).");
        }
        return impossible ? Outcome.NOT_POSSIBLE_HERE : Outcome.WRONG;
    }

    private Outcome demonstrate(ObjectStore store) throws SQLException {
        try (BackupEngine engine = engine(Clock.systemUTC())) {
            RunReport run = engine.run();
            if (!run.succeeded()) {
                return failed(Objects.requireNonNull(run.reason()), run.message());
            }
            out.println("  taken: " + run.id() + " in " + store.describe());
            CatalogEntry backup = engine.catalog().show(database, run.id());
            boolean good = damageIsFound(engine, backup, store) & isProved(engine, backup) & isRestored(engine);
            return good & expires() ? Outcome.SHOWN : Outcome.WRONG;
        }
    }

    private BackupEngine engine(Clock clock) {
        BackupEngineBuilder builder = BackupEngine.builder()
                .source(server)
                .databases(database)
                .store(stores.get())
                .cluster(database)
                .dumpCommand(pgDump)
                .verifyOn(server)
                .retention(RetentionPolicy.keepFor(KEPT))
                .clock(clock);
        return builder.build();
    }

    private boolean damageIsFound(BackupEngine engine, CatalogEntry backup, ObjectStore store) {
        BackupManifest manifest = Objects.requireNonNull(backup.manifest());
        flip(store, manifest.data());
        VerifyReport report = engine.verify(database, backup.id(), VerifyLevel.CHECKSUM);
        flip(store, manifest.data());
        out.println("  one byte flipped: "
                + (report.passed() ? "NOT FOUND" : "found, " + String.join("; ", report.problems())));
        return !report.passed();
    }

    private static void flip(ObjectStore store, BackupManifest.StoredPart object) {
        try (InputStream in = store.open(object.key(), 0, object.bytes())) {
            byte[] bytes = in.readAllBytes();
            bytes[bytes.length / 2] ^= 1;
            store.put(object.key(), bytes, WriteOptions.of("application/octet-stream"));
        } catch (IOException e) {
            throw new BackupException(FailureReason.STORE_IO, "reading " + object.key() + ": " + e.getMessage(), e);
        }
    }

    private boolean isProved(BackupEngine engine, CatalogEntry backup) {
        VerifyReport report = engine.verify(database, backup.id(), VerifyLevel.CHECKED);
        out.println("  flipped back, restored into a scratch database, compared: " + report.reached()
                + report.problems().stream().map(problem -> "; " + problem).collect(Collectors.joining()));
        return report.passed();
    }

    private boolean isRestored(BackupEngine engine) throws SQLException {
        var report = engine.restore(RestoreRequest.intoNew(new RestoreRequest.Latest(database), server, restored));
        String question =
                "SELECT count(*) || ' rows, md5 ' || md5(string_agg(id || name, ',' ORDER BY id)) FROM customer";
        String before = value(database, question);
        String after = value(restored, question);
        out.printf(
                "  restored as a database of its own in %d ms: %s, %s%n",
                report.duration().toMillis(),
                after,
                after.equals(before) ? "as in the source" : "NOT AS IN THE SOURCE");
        return after.equals(before);
    }

    /** A backup each day, by a clock that is moved: one goes; the first is older, but the newest that was verified. */
    private boolean expires() {
        int deleted = 0;
        for (int day = 1; day <= DAYS; day++) {
            try (BackupEngine engine = engine(Clock.offset(Clock.systemUTC(), Duration.ofDays(day)))) {
                RunReport run = engine.run();
                RetentionPlan plan = run.retention().get(database);
                if (!run.succeeded() || plan == null) {
                    out.println("  day " + day + ": " + run.reason() + ": " + run.message());
                    return false;
                }
                deleted += plan.deletions().size();
                if (!plan.deletions().isEmpty()) {
                    out.println("  " + day + " days on, by a moved clock, with backups kept for " + KEPT.toHours()
                            + " hours, at least 3:");
                    plan.decisions().stream()
                            .map(decision -> String.format(
                                    "    %-26s %-6s %s",
                                    decision.candidate().id(),
                                    decision.verdict() == Verdict.DELETE ? "DELETE" : "keep",
                                    decision.detail()))
                            .forEach(out::println);
                    out.println("  what is there then:");
                    engine.catalog().table().lines().forEach(line -> out.println("    " + line));
                }
            }
        }
        return deleted == 1;
    }

    private void removeBackups(ObjectStore store) {
        List<String> keys = new ArrayList<>();
        store.list("v1/" + database + "/", object -> keys.add(object.key()));
        store.delete(keys).forEach(failure -> out.println("  stays in the store: " + failure.key()));
    }

    private Connection connect(String to) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", server.user());
        if (!server.password().isEmpty()) {
            properties.setProperty("password", server.password());
        }
        return DriverManager.getConnection(
                "jdbc:postgresql://" + server.host() + ":" + server.port() + "/" + to, properties);
    }

    private void sql(String in, String... statements) throws SQLException {
        try (Connection connection = connect(in);
                Statement statement = connection.createStatement()) {
            for (String text : statements) {
                statement.execute(text);
            }
        }
    }

    private String value(String in, String question) throws SQLException {
        try (Connection connection = connect(in);
                ResultSet row = connection.createStatement().executeQuery(question)) {
            return row.next() ? row.getString(1) : "nothing";
        }
    }
}
