package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A table or a schema under another name, into the database that has the original, which nothing happens to. */
@Tag("once")
class RenamedPartIT {

    private final TestPostgres postgres = Source.postgres();
    private final String database = postgres.createDatabase();

    @TempDir
    Path directory;

    @BeforeEach
    void fill() {
        postgres.executeIn(
                database,
                "CREATE SCHEMA shop",
                "GRANT USAGE ON SCHEMA shop TO app",
                "CREATE TYPE shop.size AS ENUM ('small', 'big')",
                "CREATE FUNCTION shop.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE TABLE shop.orders (id int PRIMARY KEY, note text)",
                "CREATE TABLE shop.\"order lines\" (id serial PRIMARY KEY, no int GENERATED ALWAYS AS IDENTITY, order_id int"
                        + " REFERENCES shop.orders, note text CHECK (note <> ''), kind shop.size, twice int GENERATED ALWAYS AS"
                        + " (order_id * 2) STORED, parent int REFERENCES shop.\"order lines\", UNIQUE (note, id))",
                "INSERT INTO shop.orders SELECT i, 'o' FROM generate_series(1, 100) i",
                "INSERT INTO shop.\"order lines\" (order_id, note, kind, parent) SELECT i % 100 + 1, 'n' || i, 'small', nullif(i"
                        + " / 2, 0) FROM generate_series(1, 500) i",
                "CREATE INDEX \"by note\" ON shop.\"order lines\" (note)",
                "CREATE STATISTICS shop.both ON note, kind FROM shop.\"order lines\"",
                "CREATE TRIGGER watch BEFORE INSERT ON shop.\"order lines\" FOR EACH ROW EXECUTE FUNCTION shop.f()",
                "COMMENT ON TABLE shop.\"order lines\" IS 'lines'",
                "COMMENT ON INDEX shop.\"by note\" IS 'notes'",
                "GRANT SELECT ON shop.\"order lines\" TO PUBLIC",
                "ALTER TABLE shop.\"order lines\" OWNER TO app",
                "CREATE VIEW shop.big AS SELECT l.id, o.note FROM shop.\"order lines\" l JOIN shop.orders o ON o.id = l.order_id");
    }

    @ParameterizedTest
    @EnumSource(value = DumpFormat.class, names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
    void aTableStandsBesideTheOriginalWithAllThatIsItsOwn(DumpFormat format) throws IOException {
        String before = state("shop");
        Path spool = Files.createDirectory(directory.resolve("spool"));
        try (BackupEngine engine = engine().format(format).restoreJobs(1, spool).build()) {
            succeed(engine.run());
            postgres.executeIn(database, "UPDATE shop.\"order lines\" SET note = 'spoilt ' || id");
            RestoreReport report = engine.restore(request(database)
                    .part(RestorePart.table("shop", "order lines").as("shop", "lines of may"))
                    .intoExisting());

            assertThat(says("SELECT count(*) FROM shop.\"lines of may\" WHERE note LIKE 'n%' AND twice = order_id * 2"))
                    .isEqualTo("500");
            assertThat(says("SELECT count(*) FROM shop.\"order lines\" WHERE note LIKE 'spoilt %'"))
                    .isEqualTo("500");
            assertThat(report.leftOut()).singleElement().asString().contains("order lines_order_id_fkey");
            assertThat(report.warnings())
                    .contains(
                            "index \"shop\".\"order lines_pkey\" is restored as \"shop\".\"lines of may_pkey\"",
                            "index \"shop\".\"by note\" is restored as \"shop\".\"by note_1\"",
                            "sequence \"shop\".\"order lines_id_seq\" is restored as \"shop\".\"lines of may_id_seq\"",
                            "statistics \"shop\".\"both\" is restored as \"shop\".\"both_1\"");
            assertThat(own("shop", "lines of may"))
                    .as("as the original's, but for the names and the key that leads outside")
                    .isEqualTo(own("shop", "order lines"));
            assertThat(
                            says(
                                    "INSERT INTO shop.\"lines of may\" (note, kind) VALUES ('x', 'big') RETURNING id || ' ' || no"))
                    .as("its own sequences go on")
                    .isEqualTo("501 501");
            assertThat(
                            says(
                                    "INSERT INTO shop.\"order lines\" (note, kind) VALUES ('x', 'big') RETURNING id || ' ' || no"))
                    .isEqualTo("501 501");
            postgres.executeIn(database, "DROP TABLE shop.\"lines of may\"");
        }
        assertThat(state("shop")).isEqualTo(before);
        assertThat(spool).isEmptyDirectory();
        assertNothingIsLeft();
    }

    @Test
    void aTableGoesIntoASchemaThatIsMadeForItAndKeepsTheNamesThere() {
        try (BackupEngine engine = engine().build()) {
            succeed(engine.run());
            RestoreReport report = engine.restore(request(database)
                    .part(RestorePart.table("shop", "order lines").as("archive", "order lines"))
                    .intoExisting());
            assertThat(report.warnings()).isEmpty();
            assertThat(own("archive", "order lines")).isEqualTo(own("shop", "order lines"));
            assertThat(says("SELECT count(*) FROM archive.\"order lines\"")).isEqualTo("500");

            engine.restore(request(database + "_new")
                    .part(RestorePart.table("shop", "order lines").as("archive", "l")));
            assertThat(Source.query(postgres, database + "_new", "SELECT count(*) FROM archive.l"))
                    .isEqualTo("500");
            engine.restore(request(database)
                    .part(RestorePart.table("shop", "big")
                            .as("archive", "big view")
                            .definitionsOnly())
                    .intoExisting());
            assertThat(says("SELECT count(*) FROM archive.\"big view\"")).isEqualTo("500");
        }
        assertNothingIsLeft();
    }

    @Test
    void aSchemaStandsBesideTheOriginalWithAllReferencesInside() {
        String before = state("shop");
        try (BackupEngine engine = engine().build()) {
            succeed(engine.run());
            postgres.executeIn(database, "DELETE FROM shop.\"order lines\" WHERE id > 10");
            engine.restore(request(database)
                    .part(RestorePart.schema("shop").as("shop 2"))
                    .intoExisting());
            assertThat(says("SELECT count(*) FROM \"shop 2\".big")).isEqualTo("500");
            assertThat(says("SELECT count(*) FROM shop.big")).isEqualTo("10");
            assertThat(state("shop 2")).isEqualTo(before.replace("shop.", "\"shop 2\"."));
            assertThat(says("INSERT INTO \"shop 2\".\"order lines\" (note) VALUES ('x') RETURNING id"))
                    .isEqualTo("501");
            assertThat(says("SELECT nextval('shop.\"order lines_id_seq\"')")).isEqualTo("501");
        }
        assertThat(state("shop")).isEqualTo(before);
    }

    @Test
    void partitionsComeAlongUnderNamesThatAreFree() {
        postgres.executeIn(
                database,
                "CREATE TABLE log (at int, sub int, note text) PARTITION BY RANGE (at)",
                "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20) PARTITION BY LIST (sub)",
                "CREATE SCHEMA far",
                "CREATE TABLE far.log_2_1 PARTITION OF log_2 DEFAULT",
                "CREATE INDEX ON log (note)",
                "CREATE TABLE log_old_1 (i int)",
                "INSERT INTO log SELECT i, i, 'n' FROM generate_series(0, 19) i");
        try (BackupEngine engine = engine().build()) {
            succeed(engine.run());
            postgres.executeIn(database, "TRUNCATE log");
            engine.restore(request(database)
                    .part(RestorePart.table("public", "log").as("public", "log_old"))
                    .intoExisting());
            assertThat(says("SELECT count(*) FROM log_old")).isEqualTo("20");
            assertThat(says("SELECT count(*) FROM log")).isEqualTo("0");
            assertThat(
                            says(
                                    "SELECT string_agg(relid::text, ' ' ORDER BY relid::text) FROM pg_partition_tree('log_old') WHERE level > 0"))
                    .isEqualTo("far.log_old_2_1 log_old_1_1 log_old_2");

            postgres.executeIn(
                    database,
                    "CREATE TABLE rows_of_log (at int, sub int, note text) PARTITION BY LIST (note)",
                    "CREATE TABLE rows_of_log_n PARTITION OF rows_of_log FOR VALUES IN ('n')");
            engine.restore(request(database)
                    .part(RestorePart.table("public", "log")
                            .as("public", "rows_of_log")
                            .dataOnly())
                    .intoExisting());
            assertThat(says("SELECT count(*) FROM rows_of_log_n")).isEqualTo("20");
        }
    }

    @Test
    void rowsGoIntoAnExistingTableOfAnotherNameAndSetNoSequence() {
        postgres.executeIn(
                database,
                "CREATE TABLE shop.copy (LIKE shop.\"order lines\" INCLUDING ALL)",
                "ALTER TABLE shop.copy ADD COLUMN more int");
        try (BackupEngine engine = engine().build()) {
            succeed(engine.run());
            postgres.executeIn(
                    database,
                    "TRUNCATE shop.copy",
                    "SELECT setval('shop.\"order lines_id_seq\"', 7777)",
                    "INSERT INTO shop.copy (id, note) VALUES (0, 'first')");
            RestoreRequest request = request(database)
                    .part(RestorePart.table("shop", "order lines")
                            .as("shop", "copy")
                            .dataOnly())
                    .intoExisting();
            RestoreReport report = engine.restore(request);
            assertThat(says("SELECT count(*) || ' ' || count(more) FROM shop.copy"))
                    .isEqualTo("501 0");
            assertThat(says("SELECT last_value FROM shop.\"order lines_id_seq\""))
                    .isEqualTo("7777");
            assertThat(report.leftOut()).anySatisfy(line -> assertThat(line).startsWith("position of sequence"));

            assertThatThrownBy(() -> engine.restore(request)).hasMessageContaining("duplicate key");
            assertThat(says("SELECT count(*) FROM shop.copy")).isEqualTo("501");
        }
        assertNothingIsLeft();
    }

    /** The target's name is taken, or is missing for rows: it is said before anything is restored. */
    @Test
    void aNameThatIsTakenRefusesItAtOnce() throws IOException {
        Path begun = directory.resolve("begun");
        Path spy = Files.writeString(
                directory.resolve("spy"),
                "#!/bin/sh\n[ \"$1\" = --version ] || touch " + begun + "\nexec pg_restore \"$@\"\n");
        Files.setPosixFilePermissions(spy, PosixFilePermissions.fromString("rwx------"));
        RestorePart table = RestorePart.table("shop", "order lines");
        try (BackupEngine engine = engine().restoreCommand(spy.toString()).build()) {
            succeed(engine.run());
            postgres.executeIn(
                    database,
                    "CREATE VIEW shop.v AS SELECT 1",
                    "CREATE SEQUENCE shop.s",
                    "CREATE INDEX i ON shop.orders (note)",
                    "CREATE TYPE shop.c AS (i int)",
                    "CREATE DOMAIN shop.d AS int",
                    "CREATE SCHEMA taken");
            String before = state("shop");
            Map.of(
                            table.as("shop", "orders"), "has a table \"shop\".\"orders\" already",
                            table.as("shop", "v"), "has a view \"shop\".\"v\" already",
                            table.as("shop", "s"), "has a sequence",
                            table.as("shop", "i"), "has an index",
                            table.as("shop", "c").definitionsOnly(), "has a type",
                            table.as("shop", "d"), "has a type",
                            table.as("nowhere", "orders").dataOnly(), "has no table \"nowhere\".\"orders\"",
                            table.as("shop", "v").dataOnly(), "has no table \"shop\".\"v\"",
                            RestorePart.schema("shop").as("taken"), "has a schema \"taken\" already",
                            RestorePart.schema("shop").as("nowhere").dataOnly(), "has no schema \"nowhere\"")
                    .forEach((part, words) -> assertRefused(
                            engine, request(database).part(part).intoExisting(), FailureReason.RESTORE_REFUSED, words));
            assertThat(begun).doesNotExist();
            assertThat(state("shop")).isEqualTo(before);
        }
    }

    @Test
    void whatFailsOnTheWayLeavesTheTargetAsItWas() throws IOException {
        try (BackupEngine engine = engine().build()) {
            succeed(engine.run());
            // Needed from outside of the part, and gone from the target.
            postgres.executeIn(database, "ALTER TYPE shop.size RENAME TO measure");
            String before = state("shop");
            assertRefused(
                    engine,
                    request(database)
                            .part(RestorePart.table("shop", "order lines").as("made", "lines"))
                            .intoExisting(),
                    FailureReason.RESTORE_FAILED,
                    "shop.size");
            assertThat(state("shop")).isEqualTo(before);
            assertThat(says("SELECT count(*) FROM pg_namespace WHERE nspname = 'made'"))
                    .isEqualTo("0");
        }
        assertNothingIsLeft();
        try (BackupEngine engine = engine().dumpCommand(FakeDump.script(directory, "14.1", "exit 1"))
                .build()) {
            assertRefused(
                    engine,
                    request(database)
                            .part(RestorePart.table("shop", "orders").as("shop", "o"))
                            .intoExisting(),
                    FailureReason.VERSION_MISMATCH,
                    "pg_dump 15 or newer");
        }
    }

    @Test
    void aSchemaThatHoldsAnExtensionItNeedsIsRefusedByName() {
        postgres.executeIn(
                database,
                "CREATE SCHEMA words",
                "CREATE EXTENSION citext SCHEMA words",
                "CREATE TABLE words.w (w words.citext)");
        try (BackupEngine engine = engine().build()) {
            succeed(engine.run());
            assertRefused(
                    engine,
                    request(database)
                            .part(RestorePart.schema("words").as("words 2"))
                            .intoExisting(),
                    FailureReason.RESTORE_REFUSED,
                    "extensions (citext)");
            engine.restore(request(database)
                    .part(RestorePart.table("words", "w").as("words", "w2"))
                    .intoExisting());
            assertThat(says("SELECT count(*) FROM words.w2")).isEqualTo("0");
        }
        assertNothingIsLeft();
    }

    @Test
    void namesOfAnyTextBecomeNamesOfAnyText() {
        String longest = "x".repeat(60) + "é\"";
        List<String> names = List.of("a.b *", "é\"'", "a\nb\\%$x$", "--; DROP", longest);
        for (String name : names) {
            postgres.executeIn(
                    database,
                    "CREATE TABLE shop." + quoted(name) + " (i int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
                            + quoted(name) + " text UNIQUE)",
                    "INSERT INTO shop." + quoted(name) + " DEFAULT VALUES");
        }
        try (BackupEngine engine = engine().build()) {
            succeed(engine.run());
            for (int i = 0; i < names.size(); i++) {
                String from = names.get(i);
                String to = names.get((i + 1) % names.size());
                String schema = i % 2 == 0 ? "in " + to.substring(0, Math.min(to.length(), 30)) : "shop";
                String name = i % 2 == 0 ? to : to.substring(0, Math.min(to.length(), 30)) + "'2";
                engine.restore(request(database)
                        .part(RestorePart.table("shop", from).as(schema, name))
                        .intoExisting());
                assertThat(says("INSERT INTO " + quoted(schema) + "." + quoted(name) + " DEFAULT VALUES RETURNING i"))
                        .as(from + " to " + schema + "." + name)
                        .isEqualTo("2");
            }
            engine.restore(request(database)
                    .part(RestorePart.schema("shop").as(longest))
                    .intoExisting());
            assertThat(says("SELECT count(*) FROM " + quoted(longest) + "." + quoted(longest)))
                    .isEqualTo("1");
        }
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "pg_x",
                "information_schema",
                "nul\0",
                "0123456789012345678901234567890123456789012345678901234567890123"
            })
    void namesThatPostgresDoesNotTakeAreRefused(String name) {
        assertThatThrownBy(() -> RestorePart.schema("shop").as(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("as(...)");
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        for (Runnable mistake : List.<Runnable>of(
                () -> RestorePart.schema("a").as("b", "c"),
                () -> RestorePart.table("a", "b").as("c"),
                () -> RestorePart.schema("a").andSchema("b").as("c"),
                () -> RestorePart.table("a", "b").as("a", "c").andTable("a", "d"),
                () -> RestorePart.everything().as("c"),
                () -> RestorePart.schema("a").as("a"),
                () -> RestorePart.table("a", "b").as("a", "b"),
                () -> request(database)
                        .part(RestorePart.table("a", "b").as("a", "c"))
                        .overwriting(database))) {
            assertThatThrownBy(mistake::run)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected: ");
        }
    }

    private static void assertRefused(BackupEngine engine, RestoreRequest request, FailureReason reason, String words) {
        assertThatThrownBy(() -> engine.restore(request))
                .isInstanceOfSatisfying(
                        BackupException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(words);
    }

    /** Everything that belongs to a table, but for the key that leads to another one; under the names of the original. */
    private List<String> own(String schema, String table) {
        String name = "'" + quoted(schema) + "." + quoted(table) + "'::regclass";
        String all = says(
                "SELECT concat_ws(E'\\n', (SELECT relacl::text || relowner::regrole || obj_description(oid) FROM pg_class"
                        + " WHERE oid = " + name
                        + "), (SELECT string_agg(attname || format_type(atttypid, atttypmod) || attnotnull ||"
                        + " attidentity::text || coalesce(pg_get_expr(adbin, adrelid), ''), ';' ORDER BY attnum) FROM pg_attribute LEFT JOIN"
                        + " pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = " + name
                        + " AND attnum > 0), (SELECT"
                        + " string_agg(conname || pg_get_constraintdef(oid) || ';', '' ORDER BY conname) FROM pg_constraint WHERE"
                        + " conrelid = " + name + "), (SELECT string_agg(pg_get_indexdef(indexrelid) ||"
                        + " coalesce(obj_description(indexrelid), ''), ';' ORDER BY 1) FROM pg_index WHERE indrelid = "
                        + name
                        + "), (SELECT string_agg(pg_get_triggerdef(oid), ';') FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = "
                        + name
                        + "), (SELECT string_agg(pg_get_statisticsobjdef(oid), ';') FROM pg_statistic_ext WHERE stxrelid = "
                        + name + "))");
        return all.replaceAll("_1\\b|\"", "")
                .replace("lines of may", "order lines")
                .replace("archive.order", "shop.order")
                .replace("archive.both", "shop.both")
                .lines()
                .flatMap(line -> Stream.of(line.split(";")))
                .filter(line -> !line.startsWith("order lines_order_id_fkey"))
                .sorted()
                .toList();
    }

    /** Definitions of a schema's relations and constraints. */
    private String state(String schema) {
        return says(
                "SELECT (SELECT string_agg(c.oid::regclass || ' ' || c.relkind::text || coalesce(c.relacl::text, '') ||"
                        + " c.relowner::regrole, ';' ORDER BY c.relname) FROM pg_class c WHERE c.relnamespace = n.oid) || (SELECT"
                        + " string_agg(conrelid::regclass || conname || pg_get_constraintdef(oid), ';' ORDER BY conrelid::regclass::text, conname) FROM"
                        + " pg_constraint WHERE connamespace = n.oid) || pg_get_viewdef(('" + quoted(schema)
                        + ".big')::regclass) FROM pg_namespace n WHERE nspname = '" + schema + "'");
    }

    private void assertNothingIsLeft() {
        assertThat(Source.query(
                        postgres,
                        "postgres",
                        "SELECT count(*) FROM pg_database WHERE datname ~ '^pgpool_(restore|replaced)'"))
                .isEqualTo("0");
    }

    private String says(String sql) {
        return Source.query(postgres, database, sql);
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private RestoreRequest request(String target) {
        return RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), target);
    }

    private BackupEngineBuilder engine() {
        return Source.engine(new DirectoryStore(directory.resolve("store")), database);
    }

    private static void succeed(RunReport run) {
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
    }
}
