package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** psql: scripts, what it does behind backslashes, and statements that are prepared in SQL. */
@Tag("installed")
@OnEveryRoute
class PsqlIT {

    private final Route route;

    PsqlIT(Route route) {
        this.route = route;
    }

    @Test
    void thousandTransactions() throws Exception {
        Ledger ledger = new Ledger(route.postgres());
        ExecutorService threads = Executors.newFixedThreadPool(Ledger.CLIENTS);
        try (Route.Way way = route.open(2)) {
            List<Future<String>> outputs = new ArrayList<>();
            StringBuilder[] expected = new StringBuilder[Ledger.CLIENTS];
            for (int client = 0; client < Ledger.CLIENTS; client++) {
                StringBuilder script = new StringBuilder("\\set VERBOSITY sqlstate\n");
                expected[client] = new StringBuilder();
                for (int n = 0; n < Ledger.EACH; n++) {
                    transaction(ledger, client, n, script, expected[client]);
                }
                outputs.add(
                        threads.submit(() -> Program.of(way, "psql", "-AtqX").run(script.toString())));
            }
            for (int client = 0; client < Ledger.CLIENTS; client++) {
                assertThat(outputs.get(client).get(180, TimeUnit.SECONDS)).isEqualTo(expected[client].toString());
            }
        } finally {
            threads.shutdownNow();
        }
        ledger.assertComplete();
    }

    /** Every second insert is prepared in SQL, under the name that the others use too. */
    private static void transaction(Ledger ledger, int client, int n, StringBuilder script, StringBuilder expected) {
        String table = ledger.table();
        String select = "SELECT note FROM " + table + " WHERE client = " + client + " AND n = ";
        switch (n % 5) {
            case 0 -> {
                if (n % 2 == 0) {
                    script.append("PREPARE ins (int, int, text) AS INSERT INTO " + table + " VALUES ($1, $2, $3);\n")
                            .append("EXECUTE ins (" + client + ", " + n + ", '" + Ledger.note(client, n) + "');\n")
                            .append("DEALLOCATE ins;\n");
                } else {
                    script.append(insert(table, client, n));
                }
                script.append(select + n + ";\n");
                expected.append(Ledger.note(client, n) + "\n");
            }
            case 1 -> {
                script.append("BEGIN;\n" + insert(table, client, n) + insert(table, client, -n) + "COMMIT;\n")
                        .append(select + -n + " \\gset got_\n\\echo :got_note\n");
                expected.append(Ledger.note(client, -n) + "\n");
            }
            case 2 -> {
                script.append("BEGIN;\n" + insert(table, client, n) + select + n + ";\nROLLBACK;\n")
                        .append(select + n + ";\n");
                expected.append(Ledger.note(client, n) + "\n");
            }
            case 3 -> {
                script.append("BEGIN;\n" + insert(table, client, n) + insert(table, client, n))
                        .append("SELECT 1;\nROLLBACK;\n" + select + n + ";\n");
                expected.append("ERROR:  23505\nERROR:  25P02\n");
            }
            default -> {
                script.append("SELECT " + n + " / 0;\nSELECT " + n + " / 1\\; SELECT 'and';\n");
                expected.append("ERROR:  22012\n" + n + "\nand\n");
            }
        }
    }

    private static String insert(String table, int client, int n) {
        return "INSERT INTO " + table + " VALUES (" + client + ", " + n + ", '" + Ledger.note(client, n) + "');\n";
    }

    /** Each of them is printed as without a pooler. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\d %\n\\d+ %\n\\dt %\n\\di\n\\df pg_ad*\n\\dn\n\\du app\n\\l app\n\\dp %\n\\encoding\n",
                "\\copy % (name) FROM STDIN\na\nb\nc\n\\.\n\\copy (TABLE %) TO STDOUT CSV HEADER\n",
                "\\set AUTOCOMMIT off\nINSERT INTO % (name) VALUES ('x');\nROLLBACK;\nSELECT count(*) FROM %;\nCOMMIT;\n",
                "\\set ON_ERROR_ROLLBACK on\nBEGIN;\nSELECT 1/0;\nINSERT INTO % (name) VALUES ('y');\nCOMMIT;\nTABLE %;\n",
                "\\set FETCH_COUNT 7\nSELECT generate_series(1, 30);\nSELECT 1/(n - 20) FROM generate_series(1, 30) n;\n",
                "SELECT 'SELECT ' || n FROM generate_series(1, 5) n \\gexec\n",
                "SELECT 'a' AS r, 'b' AS c, 1 AS v \\crosstabview\n",
                "BEGIN;\n\\lo_import /etc/hostname 'comment'\n\\lo_list\nROLLBACK;\n",
                "SELECT 1 AS one \\gdesc\n\\errverbose\nSELECT 1/0;\n\\errverbose\n",
                "\\set ECHO queries\n\\x on\nSELECT 1 AS a, 2 AS b;\n\\timing off\nSHOW application_name;\n",
                "DO $$ BEGIN RAISE NOTICE 'hello'; RAISE WARNING 'world'; END $$;\nSELECT 1;;\n;\n",
                "BEGIN;\nDECLARE c CURSOR FOR SELECT generate_series(1, 5);\nFETCH 2 c;\nMOVE 1 c;\nFETCH ALL c;\nEND;\n",
                "LISTEN %;\nNOTIFY %, 'payload';\nSELECT pg_notify('%', 'again');\nUNLISTEN *;\n",
                "CREATE TEMP TABLE t (a int);\nINSERT INTO t VALUES (1);\nTABLE t;\n\\d t\nDROP TABLE t;\nTABLE t;\n",
                "SET search_path = pg_catalog;\nSHOW search_path;\n\\d %\nRESET search_path;\nSHOW search_path;\n",
                "SET ROLE pg_monitor;\nSELECT current_user;\n\\connect - - - -\nSELECT current_user;\n"
            })
    void scriptsPrintWhatTheyPrintWithoutThePooler(String template) throws Exception {
        assertThat(run(route, template)).isEqualTo(run(new Route(route.postgres(), false), template));
    }

    private static String run(Route route, String template) throws Exception {
        String table = TestPostgres.uniqueName("psql");
        route.postgres()
                .execute(
                        "CREATE TABLE " + table + " (id serial, name text)",
                        "ALTER TABLE " + table + " OWNER TO " + TestPostgres.USER,
                        "GRANT pg_monitor TO " + TestPostgres.USER);
        try (Route.Way way = route.open(1)) {
            String output = Program.of(way, "psql", "-X").run(template.replace("%", table));
            return output.replace(table, "TABLE")
                    .replaceAll("(?m)^Asynchronous notification (.*) from server process with PID \\d+\\.$", "HEARD $1")
                    // psql centres the title, so its indent depends on the number of digits
                    .replaceAll("(?m)^ +(Table \"pg_temp_)\\d+", "$1N")
                    .replaceAll("pg_temp_\\d+", "pg_temp_N")
                    .replaceAll("(?m)^lo_import \\d+$", "lo_import N")
                    .replaceAll("(?m)^ \\d+ (?=.*comment)", " N ")
                    .replaceAll("port \"\\d+\"", "port N");
        } finally {
            route.postgres().execute("DROP TABLE " + table);
        }
    }
}
