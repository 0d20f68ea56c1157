package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.TestPostgres;
import java.util.ArrayList;
import java.util.List;

/**
 * A table that the clients of a test write to, and what must stand in it afterwards.
 *
 * <p>Each client does {@link #TRANSACTIONS} / {@link #CLIENTS} transactions. Number {@code n} of a client is, by {@code n
 * % 5}: 0 an insert of its own; 1 a transaction that inserts two rows and commits; 2 one that inserts and is rolled
 * back; 3 one that inserts, fails by a duplicate key, and is rolled back; 4 a statement that fails, and one that works.
 * Every row's {@code note} is {@link #note}.
 */
final class Ledger {

    static final int TRANSACTIONS = 1_000;
    static final int CLIENTS = 8;
    static final int EACH = TRANSACTIONS / CLIENTS;

    private final TestPostgres postgres;
    private final String table = TestPostgres.uniqueName("ledger");

    Ledger(TestPostgres postgres) {
        this.postgres = postgres;
        postgres.execute(
                "CREATE TABLE " + table + " (client int, n int, note text NOT NULL, PRIMARY KEY (client, n))",
                "ALTER TABLE " + table + " OWNER TO " + TestPostgres.USER);
    }

    String table() {
        return table;
    }

    /** What a client writes into its row. */
    static String note(int client, int n) {
        return "note " + n + " of client " + client;
    }

    /** Fails unless the rows of every client are there, no other rows, and nobody is left in a transaction. */
    void assertComplete() {
        List<String> expected = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            for (int n = 0; n < EACH; n++) {
                if (n % 5 <= 1) {
                    expected.add(client + ":" + n + ":" + note(client, n));
                }
                if (n % 5 == 1) {
                    expected.add(client + ":" + -n + ":" + note(client, -n));
                }
            }
        }
        assertThat(postgres.query("SELECT client || ':' || n || ':' || note FROM " + table))
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(postgres.query("SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                        + " AND query LIKE '%" + table + "%'"))
                .isEmpty();
    }
}
