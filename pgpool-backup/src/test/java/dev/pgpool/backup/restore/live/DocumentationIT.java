package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.ClusterState;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation offers to be pasted does what it says. */
@Tag("once")
class DocumentationIT {

    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    /** Each means something to SQL, to psql, to a shell, to libpq, or to a path. */
    private static final List<String> PIECES = List.of(
            "'",
            "\"",
            "\\",
            ";",
            "%",
            "$",
            "$$",
            "-",
            "--",
            " ",
            "\n",
            "\t",
            "/",
            "..",
            "*",
            "?",
            "{",
            "[",
            ":",
            "::",
            "@",
            "&",
            "#",
            "`",
            "~",
            "\\!",
            "\\gexec",
            "\u00e9",
            "\u65e5\u672c",
            "\ud83d\ude00",
            "A",
            "b",
            "7",
            "select",
            "public",
            "pg");

    @TempDir
    Path directory;

    @Test
    void theFirstExampleCompilesAndRunsAsPasted() throws Exception {
        String code = block("README.md", "java");
        String bucket = S3Server.shared().newBucket();
        // Only where things are, and when: a person would wait for half past two, and this test for the next minute.
        String here = code.replace(".host(\"db.example.org\")", local())
                .replace(".host(\"scratch.example.org\")", local())
                .replace("https://s3.example.org", S3Server.shared().url())
                .replace("\"backups\"", "\"" + bucket + "\"")
                .replace("https://chat.example.org/hook", "http://127.0.0.1:1/hook")
                .replace("30 2 * * *", "* * * * *")
                .replace(".schedule(", ".clock(new dev.pgpool.backup.fixture.JumpingClock()).schedule(");
        assertThat(here).doesNotContain("example.org");
        Source.postgres()
                .execute(
                        "DO $$ BEGIN CREATE ROLE backup LOGIN SUPERUSER; CREATE ROLE verify LOGIN SUPERUSER; EXCEPTION WHEN"
                                + " duplicate_object THEN NULL; END $$");
        for (Map.Entry<String, String> source :
                Map.of("pasted", code, "run", here).entrySet()) {
            Path folder = Files.createDirectory(directory.resolve(source.getKey()));
            Path file = Files.writeString(folder.resolve("Backups.java"), source.getValue());
            assertThat(ToolProvider.getSystemJavaCompiler()
                            .run(
                                    null,
                                    null,
                                    null,
                                    "-proc:none",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    "-d",
                                    folder.toString(),
                                    file.toString()))
                    .isZero();
        }
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                directory.resolve("run") + ":" + System.getProperty("java.class.path"),
                "Backups");
        builder.environment().put("BACKUP_PASSWORD", "b");
        builder.environment().put("VERIFY_PASSWORD", "v");
        builder.environment().put("S3_ACCESS_KEY", S3Server.ACCESS);
        builder.environment().put("S3_SECRET_KEY", S3Server.SECRET);
        Path said = directory.resolve("said");
        Process process =
                builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try (ObjectStore store = S3Server.store(S3Server.shared().url(), bucket).build()) {
            Awaitility.await("a manifest").atMost(Duration.ofMinutes(5)).until(() -> {
                List<String> manifests = new ArrayList<>();
                store.list("v1/", object -> {
                    if (object.key().endsWith("/manifest.json")) {
                        manifests.add(object.key());
                    }
                });
                assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
                return !manifests.isEmpty();
            });
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private static String local() {
        return ".host(\"127.0.0.1\").port(" + Source.postgres().port() + ")";
    }

    /** Exported, so decrypted, and then by the documentation's own lines on a server that has none of it. */
    @Test
    void theStepsByHandRestoreAnExportedBackup() throws Exception {
        roundTrip("app", "r1", "s", "t", "v");
    }

    /** The same with names of any text, by the engine and by hand. The seed is in the failure's text. */
    @Test
    void namesOfAnyTextComeBackByTheEngineAndByHand() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] names = new String[5];
        for (int i = 0; i < names.length; i++) {
            names[i] = name(random, i);
        }
        try {
            roundTrip(names);
        } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + List.of(names), e);
        }
    }

    /** At most 63 bytes, and often just that; a number keeps them apart. */
    private static String name(Random random, int number) {
        StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
        int bytes = random.nextBoolean() ? 62 : 10 + random.nextInt(40);
        while (true) {
            String piece = PIECES.get(random.nextInt(PIECES.size()));
            if ((text + piece).getBytes(StandardCharsets.UTF_8).length > bytes) {
                while (text.toString().getBytes(StandardCharsets.UTF_8).length < bytes) {
                    text.append('x');
                }
                return text.append(number).toString();
            }
            text.append(piece);
        }
    }

    /** A source and two servers that have nothing of it; what was restored on them before is the same on all three. */
    private static final class Servers {
        static final TestPostgres SOURCE = start();
        static final TestPostgres ENGINES = start();
        static final TestPostgres HANDS = start();

        private static TestPostgres start() {
            TestPostgres server = TestPostgres.fresh(15, Map.of());
            server.executeIn("postgres", "DROP DATABASE app");
            return server;
        }
    }

    @AfterAll
    static void stop() {
        Stream.of(Servers.SOURCE, Servers.ENGINES, Servers.HANDS).forEach(TestPostgres::close);
    }

    private void roundTrip(String... names) throws Exception {
        String database = names[0];
        TestPostgres source = Servers.SOURCE;
        TestPostgres engines = Servers.ENGINES;
        TestPostgres hands = Servers.HANDS;
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("store")), database)
                .source(Source.server(source))
                .encryption(BackupKeys.fixed("k1", Map.of("k1", KEY)))
                .verifyOn(Source.server(engines))
                .build()) {
            fill(source, names);
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
            engine.restore(dev.pgpool.backup.restore.RestoreRequest.intoNew(
                            new dev.pgpool.backup.restore.RestoreRequest.Latest(database),
                            Source.server(engines),
                            database)
                    .globals(dev.pgpool.backup.restore.RestoreRequest.Globals.APPLY_ALL));
            Path exported = directory.resolve("exported");
            engine.export(database, run.id(), exported);
            byHand(hands, exported, database, encodingOf(source, database));

            for (TestPostgres restored : List.of(engines, hands)) {
                assertThat(ClusterState.of(restored)).isEqualTo(ClusterState.of(source));
                assertThat(contents(restored, names)).isEqualTo(contents(source, names));
            }
        }
    }

    private static void fill(TestPostgres source, String... names) {
        String role = identifier(names[1]);
        source.executeIn(
                "postgres",
                "CREATE ROLE " + role + " LOGIN PASSWORD " + literal(names[4]),
                "COMMENT ON ROLE " + role + " IS " + literal(names[4] + "\n\\! touch x\n" + names[3]),
                "CREATE DATABASE " + identifier(names[0]) + " OWNER " + role,
                "COMMENT ON DATABASE " + identifier(names[0]) + " IS " + literal(names[4]),
                "ALTER ROLE " + role + " IN DATABASE " + identifier(names[0]) + " SET application_name = "
                        + literal(names[4]),
                "ALTER DATABASE " + identifier(names[0]) + " SET search_path = " + identifier(names[2]) + ", "
                        + identifier(names[3]),
                "REVOKE CONNECT, TEMPORARY ON DATABASE " + identifier(names[0]) + " FROM PUBLIC");
        String table = identifier(names[2]) + "." + identifier(names[3]);
        source.executeIn(
                encoded(names[0]),
                "CREATE SCHEMA " + identifier(names[2]) + " AUTHORIZATION " + role,
                "CREATE TABLE " + table + " (" + identifier(names[4]) + " serial PRIMARY KEY, t text DEFAULT "
                        + literal(names[1]) + ")",
                "INSERT INTO " + table + " SELECT i, " + literal(names[4]) + " FROM generate_series(1, 100) i",
                "ALTER TABLE " + table + " OWNER TO " + role,
                "COMMENT ON TABLE " + table + " IS " + literal(names[0]));
    }

    private static String contents(TestPostgres server, String... names) {
        return Source.query(
                server,
                encoded(names[0]),
                "SELECT (SELECT md5(string_agg(x::text, '' ORDER BY x::text)) FROM " + identifier(names[2]) + "."
                        + identifier(names[3]) + " x) || (SELECT string_agg(concat_ws('|', n.nspname, c.relname,"
                        + " c.relowner::regrole, obj_description(c.oid)), ';' ORDER BY c.relname) FROM pg_class c JOIN"
                        + " pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND n.nspname !~ '^pg_')");
    }

    private static String encodingOf(TestPostgres server, String database) {
        return Source.query(
                server,
                "postgres",
                "SELECT concat_ws(' ', '--encoding=' || pg_encoding_to_char(encoding), '--lc-collate=' || datcollate, '--lc-ctype='"
                        + " || datctype) FROM pg_database WHERE datname = " + literal(database));
    }

    /** The documentation's lines; another name and locale are put in the places of its own. */
    private static void byHand(TestPostgres server, Path folder, String database, String asTheSource)
            throws IOException, InterruptedException {
        String script = block("docs/restore.md", "sh")
                .replaceAll(" *#.*", "")
                .replace("--encoding=UTF8 --locale=C.UTF-8 app", asTheSource + " -- \"$DATABASE\"")
                .replace("-d app", "-d \"$CONNECTION\"");
        assertThat(script).doesNotContain(" app");
        ProcessBuilder builder = new ProcessBuilder("sh", "-e", "-x", "-c", script);
        builder.directory(folder.toFile());
        Map<String, String> environment = new HashMap<>(Map.of(
                "PGHOST",
                server.host(),
                "PGPORT",
                String.valueOf(server.port()),
                "PGUSER",
                TestPostgres.SUPERUSER,
                "LC_ALL",
                "C.UTF-8",
                "DATABASE",
                database,
                "CONNECTION",
                "dbname='" + database.replace("\\", "\\\\").replace("'", "\\'") + "'"));
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    /** The first block of a language in a file. */
    private static String block(String file, String language) throws IOException {
        Matcher blocks = Pattern.compile("(?s)```" + language + "\n(.*?)```").matcher(Files.readString(Path.of(file)));
        assertThat(blocks.find()).as("a block of " + language + " in " + file).isTrue();
        return blocks.group(1);
    }

    private static String encoded(String name) {
        return java.net.URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static String literal(String text) {
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }
}
