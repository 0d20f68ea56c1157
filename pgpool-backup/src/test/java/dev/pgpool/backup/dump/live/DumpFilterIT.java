package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.store.DirectoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is left out of a dump is left out of the counts too, by the same patterns as pg_dump's own. */
@Tag("once")
class DumpFilterIT {

    private static String database = "";

    @TempDir
    Path directory;

    @BeforeAll
    static void makeDatabase() {
        database = Source.sampleDatabase();
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE SCHEMA log",
                        "CREATE SCHEMA logs",
                        "CREATE SCHEMA \"Odd.One\"",
                        "CREATE TABLE log.event (id serial, t text)",
                        "INSERT INTO log.event (t) VALUES ('x')",
                        "CREATE TABLE log.event_2026 AS SELECT generate_series(1, 5) i",
                        "CREATE TABLE log.\"Event\" AS SELECT 1 i",
                        "CREATE TABLE logs.event AS SELECT 1 i",
                        "CREATE TABLE \"Odd.One\".\"t.$x[1]\" AS SELECT 1 i",
                        "CREATE TABLE \"Odd.One\".\"tab?*\" AS SELECT 1 i",
                        "CREATE TABLE logx AS SELECT 1 i",
                        "CREATE TABLE ident (id int GENERATED ALWAYS AS IDENTITY)",
                        "INSERT INTO ident DEFAULT VALUES",
                        "CREATE SEQUENCE log.alone",
                        "SELECT nextval('log.alone')",
                        "CREATE TABLE parent (i int) PARTITION BY LIST (i)",
                        "CREATE TABLE child1 PARTITION OF parent FOR VALUES IN (1)",
                        "INSERT INTO parent VALUES (1)",
                        "ALTER DATABASE " + database + " SET search_path = log");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            excludeTables    | log.*
            excludeTables    | log.event
            excludeTables    | LOG.EVENT
            excludeTables    | log."Event"
            excludeTables    | event
            excludeTables    | *.event*
            excludeTables    | log?.e*
            excludeTables    | log.event_20[0-9]*
            excludeTables    | `log.(event|event_2026)`
            excludeTables    | "Odd.One"."t.$x[1]"
            excludeTables    | "Odd.One".tab*
            excludeTables    | "Odd.One"."tab?*"
            excludeTables    | ident
            excludeTables    | no.such
            excludeTables    | parent, child?
            excludeTables    | log.alone, *_seq
            excludeTableData | log.*
            excludeTableData | *
            excludeTableData | customer, customer_id_seq
            excludeTableData | parent
            excludeTableData | child1, ident*
            excludeSchemas   | log, "Odd.One"
            excludeSchemas   | log*
            schemas          | public
            schemas          | log*
            schemas          | "Odd.One"
            tables           | customer
            tables           | log.event, logs.event
            tables           | event
            tables           | "Odd.One".*
            tables           | public.*
            tables           | log.alone
            tables           | customer_id_seq
            """)
    void whatIsLeftOutIsVerified(String kind, String list) throws Exception {
        String[] patterns = Arrays.stream(list.split(",")).map(String::strip).toArray(String[]::new);
        DumpFilter filter = switch (kind) {
            case "excludeTables" -> DumpFilter.everything().excludeTables(patterns);
            case "excludeTableData" -> DumpFilter.everything().excludeTableData(patterns);
            case "excludeSchemas" -> DumpFilter.everything().excludeSchemas(patterns);
            case "schemas" -> DumpFilter.everything().schemas(patterns);
            default -> DumpFilter.everything().tables(patterns);
        };
        // A view on a table that is left out cannot be restored; that is not what is looked at here.
        if (!filter.excludeTables().isEmpty()) {
            filter = filter.excludeTables(
                    java.util.stream.Stream.concat(filter.excludeTables().stream(), java.util.stream.Stream.of("names"))
                            .toArray(String[]::new));
        }
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                .filter(filter)
                .verifyOn(Source.server())
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            BackupManifest manifest =
                    Objects.requireNonNull(run.databases().get(0).manifest());

            assertThat(new TreeSet<>(manifest.contents().tables().keySet()))
                    .as("the tables that the archive holds")
                    .hasSameSizeAs(archived(manifest));
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);
            assertThat(report.problems()).isEmpty();
            assertThat(report.reached()).isEqualTo(VerifyLevel.CHECKED);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            tables        | *             | draw in
            tables        | pg_class      | draw in
            schemas       | *             | draw in
            tables        | public.nosuch | nothing matches
            excludeTables | log.(         | regular expression
            """)
    void patternsThatCannotBeMeantAreRefusedBeforehand(String kind, String pattern, String message) {
        DumpFilter all = DumpFilter.everything();
        DumpFilter filter = switch (kind) {
            case "tables" -> all.tables(pattern);
            case "schemas" -> all.schemas(pattern);
            default -> all.excludeTables(pattern);
        };
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                .filter(filter)
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).contains(message);
            assertThat(engine.catalog().list()).isEmpty();
        }
    }

    /** pg_dump would ask for the bytes of the argument, in which another table is meant, or none. */
    @Test
    void patternsOutsideOfAsciiAreRefusedWhereTheyWouldMeanSomethingElse() {
        String latin = Source.postgres().createDatabase() + "_latin";
        Source.postgres()
                .execute("CREATE DATABASE " + latin
                        + " TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
        Source.postgres()
                .executeIn(latin, "CREATE TABLE \"gr\u00fcn\" AS SELECT 1 i", "CREATE TABLE other AS SELECT 1 i");
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), latin)
                .excludeTables("gr\u00fcn")
                .build()) {
            assertThat(engine.run().message()).contains("LATIN1", "gr\u00fcn", "expected: ? or *");
        }
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), latin)
                .excludeTables("gr?n")
                .verifyOn(Source.server())
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(Objects.requireNonNull(run.databases().get(0).manifest())
                            .contents()
                            .tables())
                    .containsOnlyKeys("public.other");
            assertThat(engine.verify(latin, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
    }

    @Test
    void freeArgumentsSwitchOffWhatTheyMakeUnknowable() {
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                .dumpArguments("--exclude-table=log.*", "--exclude-table=event*")
                .verifyOn(Source.server())
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            VerifyReport report = engine.verify(database, run.id(), VerifyLevel.CHECKED);
            assertThat(report.problems()).isEmpty();
            assertThat(report.notes())
                    .anySatisfy(
                            note -> assertThat(note).contains("contents are not compared", "--exclude-table=log.*"));
        }
    }

    private List<String> archived(BackupManifest manifest) throws IOException, InterruptedException {
        Process list = new ProcessBuilder(
                        "pg_restore",
                        "-l",
                        directory.resolve(manifest.data().key()).toString())
                .start();
        String text = new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(list.waitFor()).isZero();
        // A partitioned table is a TABLE as well, and has no rows of its own.
        return text.lines()
                .filter(line -> line.matches("\\d+; 1259 \\d+ TABLE .*"))
                .filter(line -> !line.contains(" public parent "))
                .toList();
    }
}
