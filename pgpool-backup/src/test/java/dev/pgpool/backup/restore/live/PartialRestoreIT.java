package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One table, one schema, rows only, into a new database or beside what an existing one holds. */
@Tag("once")
class PartialRestoreIT {

    @TempDir
    Path directory;

    private final TestPostgres postgres = Source.postgres();

    @ParameterizedTest
    @EnumSource(value = DumpFormat.class, names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
    void aTableComesWithEverythingThatIsItsOwn(DumpFormat format) {
        String database = shop();
        try (BackupEngine engine = engine(database).format(format).build()) {
            succeed(engine.run());
            String target = database + "_part";
            RestoreReport report =
                    engine.restore(request(database, target).part(RestorePart.table("shop", "order lines")));

            assertThat(tables(target)).isEqualTo("shop.order lines");
            assertThat(postgresSays(target, "SELECT count(*) FROM shop.\"order lines\""))
                    .isEqualTo("500");
            assertThat(
                            postgresSays(
                                    target,
                                    "SELECT string_agg(indexname, ',' ORDER BY indexname COLLATE \"C\") FROM pg_indexes WHERE schemaname = 'shop'"))
                    .isEqualTo("lines by note,order lines_pkey");
            assertThat(postgresSays(target, "SELECT string_agg(tgname, ',') FROM pg_trigger WHERE NOT tgisinternal"))
                    .isEqualTo("watch");
            assertThat(postgresSays(target, "SELECT obj_description('shop.\"order lines\"'::regclass)"))
                    .isEqualTo("lines");
            assertThat(postgresSays(
                            target, "INSERT INTO shop.\"order lines\" (note, kind) VALUES ('x', 'big') RETURNING id"))
                    .as("its own sequence goes on")
                    .isEqualTo("501");
            assertThat(report.leftOut())
                    .singleElement()
                    .asString()
                    .contains("foreign key", "order lines_order_id_fkey");
        }
    }

    @Test
    void aTableIsPutBackIntoTheDatabaseThatLostIt() {
        String database = shop();
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            RestoreRequest request = request(database, database).part(RestorePart.table("shop", "orders"));
            postgres.executeIn(
                    database,
                    "DELETE FROM shop.orders WHERE id > 5 AND id NOT IN (SELECT order_id FROM shop.\"order lines\")");
            assertThatThrownBy(() -> engine.restore(request.intoExisting()))
                    .isInstanceOfSatisfying(
                            BackupException.class, e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_FAILED))
                    .hasMessageContaining("already exists");
            assertThatThrownBy(() -> engine.restore(request.overwriting(database)))
                    .as("what depends on it is not dropped along with it")
                    .hasMessageContaining("other objects depend on it");
            postgres.executeIn(database, "DROP TABLE shop.orders CASCADE");

            engine.restore(request.intoExisting());

            assertThat(postgresSays(database, "SELECT count(*) FROM shop.orders"))
                    .isEqualTo("100");
            assertThat(postgresSays(database, "SELECT count(*) FROM shop.\"order lines\""))
                    .isEqualTo("500");
            postgres.executeIn(database, "UPDATE shop.orders SET note = 'spoilt'", "CREATE TABLE shop.since (i int)");
            engine.restore(request.overwriting(database));
            assertThat(postgresSays(database, "SELECT count(*) FROM shop.orders WHERE note = 'spoilt'"))
                    .isEqualTo("0");
            assertThat(tables(database)).contains("shop.since");
        }
    }

    @Test
    void aLockOnWhatIsToBeReplacedRefusesItAtOnceByName() throws SQLException {
        String database = shop();
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            postgres.executeIn(
                    database, "ALTER TABLE shop.\"order lines\" DROP CONSTRAINT \"order lines_order_id_fkey\"");
            try (Connection holder = postgres.superuser(database);
                    Statement statement = holder.createStatement()) {
                statement.execute("SET application_name = 'the accounting'");
                holder.setAutoCommit(false);
                statement.execute("SELECT count(*) FROM shop.orders");
                for (RestorePart part : List.of(
                        RestorePart.table("shop", "orders"), RestorePart.schema("shop"), RestorePart.everything())) {
                    assertThatThrownBy(() -> engine.restore(
                                    request(database, database).part(part).overwriting(database)))
                            .isInstanceOfSatisfying(
                                    BackupException.class,
                                    e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_REFUSED))
                            .hasMessageContainingAll("the accounting", "shop.orders");
                }
            }
            engine.restore(request(database, database)
                    .part(RestorePart.table("shop", "orders"))
                    .overwriting(database));
        }
    }

    @Test
    void rowsOnlyAreAddedInTheOrderOfTheirForeignKeys() {
        String database = shop();
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            RestoreRequest request = request(database, database);
            postgres.executeIn(
                    database, "TRUNCATE shop.orders CASCADE", "ALTER SEQUENCE shop.\"order lines_id_seq\" RESTART");
            engine.restore(request.part(RestorePart.schema("shop").dataOnly()).intoExisting());
            assertThat(postgresSays(database, "SELECT count(*) FROM shop.\"order lines\""))
                    .isEqualTo("500");
            assertThat(postgresSays(database, "SELECT nextval('shop.\"order lines_id_seq\"')"))
                    .isEqualTo("501");
            assertThatThrownBy(() -> engine.restore(
                            request.part(RestorePart.table("shop", "orders").dataOnly())
                                    .intoExisting()))
                    .as("a second time is one transaction that fails")
                    .hasMessageContaining("duplicate key");
            assertThat(postgresSays(database, "SELECT count(*) FROM shop.orders"))
                    .isEqualTo("100");
            engine.restore(request(database, database + "_empty")
                    .part(RestorePart.everything().definitionsOnly()));
            assertThat(postgresSays(database + "_empty", "SELECT count(*) FROM shop.orders"))
                    .isEqualTo("0");
            assertThat(tables(database + "_empty")).isEqualTo(tables(database));
        }
    }

    @Test
    void namesAreExactAndSchemasAreTakenWhole() {
        String database = postgres.createDatabase();
        List<String> names = List.of("a", "a b", "a.b", "A", "é\"'", "a\nb", "b a", "%", "a*", "x;y", " ");
        for (String schema : names) {
            postgres.executeIn(database, "CREATE SCHEMA " + quoted(schema));
            for (String table : names) {
                postgres.executeIn(
                        database,
                        "CREATE TABLE " + quoted(schema) + "." + quoted(table) + " (i int PRIMARY KEY)",
                        "INSERT INTO " + quoted(schema) + "." + quoted(table) + " VALUES (7)");
            }
        }
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            int n = 0;
            for (String name : names) {
                String target = database + "_t" + n++;
                String other = names.get(names.size() - n);
                engine.restore(request(database, target).part(RestorePart.table(name, other)));
                assertThat(tables(target)).isEqualTo(name + "." + other);
                assertThat(postgresSays(target, "SELECT i FROM " + quoted(name) + "." + quoted(other)))
                        .isEqualTo("7");
            }
            engine.restore(request(database, database + "_s").part(RestorePart.schema("a")));
            assertThat(tables(database + "_s"))
                    .isEqualTo(Stream.of("a")
                            .flatMap(s -> names.stream().map(t -> s + "." + t))
                            .sorted()
                            .reduce((x, y) -> x + "|" + y)
                            .orElseThrow()
                            .replace("|", ","));
            for (RestorePart none : List.of(
                    RestorePart.table("a", "nothing"), RestorePart.table("nothing", "a"), RestorePart.schema("a "))) {
                assertThatThrownBy(() -> engine.restore(
                                request(database, database + "_none").part(none)))
                        .isInstanceOfSatisfying(
                                BackupException.class,
                                e -> assertThat(e.reason()).isEqualTo(FailureReason.RESTORE_REFUSED));
            }
        }
    }

    @Test
    void partitionsComeWithTheirParentAndAloneAsTables() {
        String database = postgres.createDatabase();
        postgres.executeIn(
                database,
                "CREATE TABLE log (at int, note text) PARTITION BY RANGE (at)",
                "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20)",
                "CREATE INDEX ON log (note)",
                "INSERT INTO log SELECT i, 'n' FROM generate_series(0, 19) i",
                "CREATE TABLE other (i int)");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            engine.restore(request(database, database + "_all").part(RestorePart.table("public", "log")));
            assertThat(tables(database + "_all")).isEqualTo("public.log,public.log_1,public.log_2");
            assertThat(postgresSays(database + "_all", "SELECT count(*) FROM log"))
                    .isEqualTo("20");
            engine.restore(request(database, database + "_one").part(RestorePart.table("public", "log_2")));
            assertThat(tables(database + "_one")).isEqualTo("public.log_2");
            assertThat(postgresSays(database + "_one", "SELECT count(*) FROM log_2"))
                    .isEqualTo("10");
        }
    }

    @Test
    void aMaterializedViewIsFilledWhereWhatItReadsIs() {
        String database = shop();
        postgres.executeIn(
                database,
                "CREATE MATERIALIZED VIEW shop.sums AS SELECT count(*) AS n FROM shop.orders",
                "CREATE UNIQUE INDEX sums_n ON shop.sums (n)");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            RestorePart view = RestorePart.table("shop", "sums");
            engine.restore(request(database, database + "_both").part(view.andTable("shop", "orders")));
            assertThat(postgresSays(database + "_both", "SELECT n FROM shop.sums"))
                    .isEqualTo("100");
            RestoreReport alone =
                    engine.restore(request(database, database + "_alone").part(view));
            assertThat(alone.leftOut()).singleElement().asString().contains("rows of materialized view shop.sums");
            assertThat(postgresSays(
                            database + "_alone",
                            "SELECT relispopulated FROM pg_class WHERE oid = 'shop.sums'::regclass"))
                    .as("not filled from tables that are empty here")
                    .isEqualTo("f");
            engine.restore(
                    request(database, database).part(view.as("shop", "sums 2")).intoExisting());
            assertThat(postgresSays(database, "SELECT n FROM shop.\"sums 2\"")).isEqualTo("100");
            postgres.executeIn(database, "DROP MATERIALIZED VIEW shop.sums");
            engine.restore(request(database, database).part(view).intoExisting());
            assertThat(postgresSays(database, "SELECT n FROM shop.sums")).isEqualTo("100");
        }
    }

    /** An archive is in the encoding of its database. */
    @ParameterizedTest
    @CsvSource({"LATIN1, gr\u00fcn \u00df", "WIN1252, 5 \u20ac", "EUC_JP, \u65e5\u672c", "KOI8R, \u0416\u0443\u043a"})
    void namesAreFoundInEveryEncoding(String encoding, String name) {
        String database = postgres.createDatabase() + "_" + encoding.toLowerCase(Locale.ROOT);
        postgres.execute("CREATE DATABASE " + database + " TEMPLATE template0 ENCODING '" + encoding
                + "' LC_COLLATE 'C' LC_CTYPE 'C'");
        String table = quoted("in " + name) + "." + quoted(name);
        postgres.executeIn(
                database,
                "CREATE SCHEMA " + quoted("in " + name),
                "CREATE TABLE " + table + " (id serial PRIMARY KEY, " + quoted(name) + " text DEFAULT '" + name + "')",
                "INSERT INTO " + table + " DEFAULT VALUES");
        try (BackupEngine engine = engine(database).build()) {
            succeed(engine.run());
            engine.restore(request(database, database + "_2").part(RestorePart.table("in " + name, name)));
            assertThat(postgresSays(database + "_2", "SELECT " + quoted(name) + " FROM " + table))
                    .isEqualTo(name);
            engine.restore(request(database, database)
                    .part(RestorePart.table("in " + name, name).as("in " + name, name + "2"))
                    .intoExisting());
            assertThat(postgresSays(
                            database,
                            "SELECT " + quoted(name) + " FROM " + quoted("in " + name) + "." + quoted(name + "2")))
                    .isEqualTo(name);
        }
    }

    /** A dump of schemas creates public, and one of tables creates no schema at all. */
    @Test
    void aPartOfABackupThatIsItselfAPartIsRestored() {
        String database = shop();
        int n = 0;
        for (DumpFilter filter : List.of(
                DumpFilter.everything().schemas("public", "shop"),
                DumpFilter.everything().tables("shop.orders", "public.other"))) {
            try (BackupEngine engine = engine(database).filter(filter).build()) {
                succeed(engine.run());
                for (RestorePart part : List.of(
                        RestorePart.table("public", "other"),
                        RestorePart.table("shop", "orders"),
                        RestorePart.table("shop", "orders").as("made", "o"))) {
                    String target = database + "_f" + n++;
                    RestoreReport report =
                            engine.restore(request(database, target).part(part));
                    assertThat(report.errors()).isEmpty();
                    assertThat(tables(target)).isIn("public.other", "shop.orders", "made.o");
                }
                engine.restore(request(database, database)
                        .part(RestorePart.table("shop", "orders").as("again_" + n, "o"))
                        .intoExisting());
                assertThat(postgresSays(database, "SELECT count(*) FROM again_" + n + ".o"))
                        .isEqualTo("100");
            }
        }
    }

    private String shop() {
        String database = postgres.createDatabase();
        postgres.executeIn(
                database,
                "CREATE SCHEMA shop",
                "CREATE TYPE shop.size AS ENUM ('small', 'big')",
                "CREATE FUNCTION shop.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE TABLE shop.\"order lines\" (id serial PRIMARY KEY, order_id int, note text, kind shop.size)",
                "CREATE TABLE shop.orders (id int PRIMARY KEY, note text)",
                "CREATE TABLE public.other (id int PRIMARY KEY, order_id int)",
                "ALTER TABLE shop.\"order lines\" ADD CONSTRAINT \"order lines_order_id_fkey\" FOREIGN KEY (order_id)"
                        + " REFERENCES shop.orders",
                "INSERT INTO shop.orders SELECT i, 'o' FROM generate_series(1, 100) i",
                "INSERT INTO shop.\"order lines\" (order_id, note, kind) SELECT i % 100 + 1, 'n' || i, 'small' FROM"
                        + " generate_series(1, 500) i",
                "CREATE INDEX \"lines by note\" ON shop.\"order lines\" (note)",
                "CREATE TRIGGER watch BEFORE INSERT ON shop.\"order lines\" FOR EACH ROW EXECUTE FUNCTION shop.f()",
                "COMMENT ON TABLE shop.\"order lines\" IS 'lines'",
                "GRANT SELECT ON shop.\"order lines\" TO PUBLIC");
        return database;
    }

    private String tables(String database) {
        return postgresSays(
                database,
                "SELECT string_agg(schemaname || '.' || tablename, ',' ORDER BY (schemaname || '.' || tablename) COLLATE \"C\")"
                        + " FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')");
    }

    private String postgresSays(String database, String sql) {
        return Source.query(postgres, database, sql);
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static RestoreRequest request(String database, String target) {
        return RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), target);
    }

    private BackupEngineBuilder engine(String database) {
        return Source.engine(new DirectoryStore(directory), database);
    }

    private static RunReport succeed(RunReport run) {
        assertThat(run.message()).isEmpty();
        assertThat(run.succeeded()).isTrue();
        return run;
    }
}
