package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** pgbench in its three query modes, with a connection per transaction, with pipelines, with errors and retries. */
@Tag("installed")
@OnEveryRoute
class PgbenchIT {

    private static final String TPC_B = String.join(
            "\n",
            "\\set aid random(1, 100000)",
            "\\set delta random(-5000, 5000)",
            "%s",
            "BEGIN;",
            "UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = :aid;",
            "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;",
            "UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = 1;",
            "UPDATE pgbench_branches SET bbalance = bbalance + :delta WHERE bid = 1;",
            "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime)"
                    + " VALUES (1, 1, :aid, :delta, CURRENT_TIMESTAMP);",
            "END;",
            "%s",
            "");

    /** For each server a database with pgbench's tables, of which each test gets a copy: filling it takes seconds. */
    private static final Map<TestPostgres, String> FILLED = new ConcurrentHashMap<>();

    private static final int CLIENTS = 8;
    private static final int EACH = 125;

    private final Route route;
    private final String database;

    @TempDir
    private Path scripts;

    PgbenchIT(Route route) {
        this.route = route;
        TestPostgres postgres = route.postgres();
        this.database = postgres.createDatabase(FILLED.computeIfAbsent(postgres, PgbenchIT::filled));
    }

    private static String filled(TestPostgres postgres) {
        String database = postgres.createDatabase();
        try (Route.Way direct = new Route(postgres, false).open(database, 1, 1)) {
            Program.of(direct, "pgbench", "-i", "-I", "dtgvp", "-q").run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "prepared"})
    void thousandTransactionsInEachMode(String mode) throws IOException, InterruptedException {
        assertThat(pgbench("-M", mode)).contains("query mode: " + mode);
        assertBooksBalance(CLIENTS * EACH);
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "prepared"})
    void connectionForEachTransaction(String mode) throws IOException, InterruptedException {
        // fewer: PostgreSQL itself takes the most time for it
        assertThat(pgbench(EACH / 5, "-M", mode, "--connect")).contains("average connection time");
        assertBooksBalance(CLIENTS * EACH / 5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "prepared"})
    void transactionsInPipelines(String mode) throws IOException, InterruptedException {
        String script = script(TPC_B.formatted("\\startpipeline", "\\endpipeline"));
        assertThat(pgbench("-M", mode, "-f", script)).contains("query mode: " + mode);
        assertBooksBalance(CLIENTS * EACH);
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "prepared"})
    void transactionsThatFailAreTriedAgain(String mode) throws IOException, InterruptedException {
        // all write to the same row, so most of those that run side by side fail at first
        String script = script("\\set delta random(1, 9)\n"
                + "BEGIN ISOLATION LEVEL REPEATABLE READ;\n"
                + "SELECT tbalance FROM pgbench_tellers WHERE tid = 1;\n"
                + "UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = 1;\n"
                + "UPDATE pgbench_branches SET bbalance = bbalance + :delta WHERE bid = 1;\n"
                + "UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = 1;\n"
                + "INSERT INTO pgbench_history (tid, bid, aid, delta) VALUES (1, 1, 1, :delta);\n"
                + "END;\n");
        String report = pgbench("-M", mode, "-f", script, "--max-tries", "1000");
        assertThat(report).doesNotContain("number of transactions retried: 0 ");
        assertBooksBalance(CLIENTS * EACH);
    }

    @Test
    void transactionsThatAreRolledBack() throws IOException, InterruptedException {
        String script = script(TPC_B.formatted("", "").replace("END;", "ROLLBACK;"));
        pgbench("-M", "prepared", "-f", script);
        assertBooksBalance(0);
    }

    private String script(String text) throws IOException {
        return Files.writeString(scripts.resolve("script.sql"), text).toString();
    }

    private String pgbench(String... options) throws IOException, InterruptedException {
        return pgbench(EACH, options);
    }

    /**
     * That many transactions of each of eight clients on two servers, none of which may be given up. Each client has a thread
     * of its own: pgbench blocks while it prepares, and its other clients may be those that hold the servers.
     */
    private String pgbench(int each, String... options) throws IOException, InterruptedException {
        String clients = String.valueOf(CLIENTS);
        List<String> command = new ArrayList<>(List.of(
                "pgbench", "-n", "-c", clients, "-j", clients, "-t", String.valueOf(each), "--report-per-command"));
        command.addAll(List.of(options));
        try (Route.Way way = route.open(database, 2, 2)) {
            String report = Program.of(way, command.toArray(String[]::new)).run();
            assertThat(report)
                    .contains("number of transactions actually processed: " + CLIENTS * each + "/" + CLIENTS * each)
                    .contains("number of failed transactions: 0 ");
            return report;
        }
    }

    private void assertBooksBalance(int transactions) throws IOException, InterruptedException {
        try (Route.Way direct = new Route(route.postgres(), false).open(database, 1, 1)) {
            assertThat(Program.of(
                                    direct,
                                    "psql",
                                    "-AtX",
                                    "-c",
                                    "SELECT (SELECT count(*) FROM pgbench_history) || ' '"
                                            + " || ((SELECT sum(abalance) FROM pgbench_accounts)"
                                            + " = (SELECT coalesce(sum(delta), 0) FROM pgbench_history)) || ' '"
                                            + " || ((SELECT sum(tbalance) FROM pgbench_tellers)"
                                            + " = (SELECT sum(bbalance) FROM pgbench_branches)) || ' '"
                                            + " || ((SELECT sum(abalance) FROM pgbench_accounts)"
                                            + " = (SELECT sum(bbalance) FROM pgbench_branches))")
                            .run())
                    .isEqualTo(transactions + " true true true\n");
        }
    }
}
