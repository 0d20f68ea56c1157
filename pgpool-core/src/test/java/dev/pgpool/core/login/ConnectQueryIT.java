package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a server runs before its first use. */
@OnEveryPostgres
class ConnectQueryIT {

    private final TestPostgres postgres;

    ConnectQueryIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void whatItSetsIsTheServersDefault() {
        try (TestPooler pooler = pooler("SET TimeZone = 'Asia/Tokyo'; SET work_mem = '7MB'");
                WireClient plain = pooler.login();
                WireClient own = pooler.login("TimeZone", "Europe/Oslo")) {
            assertThat(plain.parameter("TimeZone")).isEqualTo("Asia/Tokyo");
            for (int i = 0; i < 2; i++) {
                assertThat(plain.value("SHOW TimeZone")).isEqualTo("Asia/Tokyo");
                assertThat(plain.value("SHOW work_mem")).isEqualTo("7MB");
                assertThat(own.value("SHOW TimeZone")).isEqualTo("Europe/Oslo");
            }
        }
    }

    @Test
    void itRunsOncePerServerAndItsRowsReachNobody() {
        String log = TestPostgres.uniqueName("connects");
        postgres.execute("CREATE TABLE " + log + " (pid int)", "GRANT ALL ON " + log + " TO PUBLIC");
        try (TestPooler pooler = pooler("INSERT INTO " + log + " SELECT pg_backend_pid() RETURNING pid, 'a row'");
                WireClient client = pooler.login()) {
            assertThat(client.query("SELECT 1").exchange())
                    .containsExactly(
                            "RowDescription 1 \"?column?\" 23",
                            "DataRow 1 1 '1'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
            client.run("SELECT 2");
            assertThat(postgres.query("SELECT pid FROM " + log)).containsExactly(String.valueOf(client.serverPid()));
        }
    }

    @Test
    void failureIsIgnored() {
        for (String broken : new String[] {
            "SELECT no_such_column", "CREATE TEMP TABLE copied (i int); COPY copied FROM STDIN", "not SQL at all"
        }) {
            try (TestPooler pooler = pooler(broken);
                    WireClient client = pooler.login()) {
                assertThat(client.value("SELECT 'works'")).as(broken).isEqualTo("works");
            }
        }
    }

    @Test
    void rowsAndCopyOutAreReadToTheirEnd() {
        try (TestPooler pooler = pooler("SELECT repeat('x', 100000) FROM generate_series(1, 50);"
                        + " COPY (SELECT * FROM generate_series(1, 10000)) TO STDOUT");
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT 'works'")).isEqualTo("works");
        }
    }

    @Test
    void serverThatClosesMeanwhileFails() {
        assertThat(refusal("SELECT pg_terminate_backend(pg_backend_pid())"))
                // as if the server were shutting down: it is waited for
                .startsWith("ErrorResponse S \"FATAL\" C \"53300\" M \"query_wait_timeout: ")
                .contains("terminating connection due to administrator command");
    }

    @Test
    void transactionThatItLeavesOpenIsAClearError() {
        assertThat(refusal("BEGIN")).contains("the connect query leaves a transaction open (expected: none)");
    }

    private TestPooler pooler(String connectQuery) {
        return TestPooler.start(postgres, 1, db -> db.connectQuery(connectQuery).waitTimeout(Duration.ofSeconds(2)));
    }

    /** The error that ends a login. */
    private String refusal(String connectQuery) {
        try (TestPooler pooler = pooler(connectQuery);
                WireClient client = pooler.connect()) {
            return client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                    .readUntilClosed()
                    .get(0);
        }
    }
}
