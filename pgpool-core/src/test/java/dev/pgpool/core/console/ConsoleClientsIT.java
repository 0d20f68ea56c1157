package dev.pgpool.core.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin console with pgjdbc, and what pgbouncer_exporter says to it, message by message. */
class ConsoleClientsIT {
    private final TestPostgres postgres = TestPostgres.shared(15);

    @TempDir
    Path directory;

    private PgPoolBuilder settings() {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .clientAuthentication(ClientAuthentication.TRUST)
                .maxClientConnections(77)
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))
                .adminUsers("boss")
                .statsUsers("watcher");
    }

    @Test
    void pgjdbcInSimpleMode() throws Exception {
        try (PgPool pool = settings().build().start();
                Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + pool.address().getPort() + "/pgbouncer?preferQueryMode=simple",
                        "boss",
                        "");
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SHOW DATABASES")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString("name")).isEqualTo(TestPostgres.DATABASE);
                assertThat(row.getInt("paused")).isZero();
            }
            assertThat(statement.execute("PAUSE")).isFalse();
            assertThat(statement.execute("RESUME")).isFalse();
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    /** The statements, and the start-up parameters of lib/pq old and new, as in collector.go of pgbouncer_exporter 0.12. */
    @Test
    void exportersScrape() {
        try (PgPool pool = settings().build().start();
                WireClient client = WireClient.login(pool.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            client.run("SELECT 1");
            for (String[] parameters : new String[][] {
                {"client_encoding", "UTF8", "datestyle", "ISO, MDY"},
                {"client_encoding", "UTF8", "datestyle", "ISO, MDY", "extra_float_digits", "2"}
            }) {
                try (WireClient exporter = WireClient.login(pool.address(), "watcher", "pgbouncer", parameters)) {
                    assertThat(exporter.query(";").exchange().get(0)).startsWith("EmptyQueryResponse");
                    assertThat(exporter.query("SHOW STATS").exchange()).anyMatch(row -> row.contains("'app'"));
                    List<String> version = exporter.query("SHOW VERSION;").exchange();
                    assertThat(version.get(0)).isEqualTo("RowDescription 1 \"version\" 25");
                    assertThat(exporter.query("SHOW LISTS;").exchange())
                            .anyMatch(row -> row.contains("'used_clients'") && row.contains("'2'"));
                    assertThat(exporter.query("SHOW CONFIG;").exchange())
                            .anyMatch(row -> row.contains("'max_client_conn'") && row.contains("'77'"))
                            .anyMatch(row -> row.contains("'max_user_connections'"));
                    assertThat(exporter.query("SHOW CLIENTS;").exchange().get(0))
                            .contains("\"database\"", "\"user\"", "\"state\"", "\"application_name\"");
                    for (String what : List.of("databases", "stats_totals", "pools")) {
                        assertThat(exporter.query("SHOW " + what + ";").exchange())
                                .as(what)
                                .anyMatch(row -> row.startsWith("DataRow") && row.contains("'app'"));
                    }
                }
            }
        }
    }

    @Test
    void whoRunsTheProcessMayComeByItsSocketIfThatIsWanted() {
        try (PgPool pool = settings()
                .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .unixSocketDirectory(directory)
                .ownerIsAdmin(true)
                .build()
                .start()) {
            var socket = java.net.UnixDomainSocketAddress.of(
                    directory.resolve(".s.PGSQL." + pool.address().getPort()));
            try (WireClient owner = WireClient.login(socket, "pgbouncer", "pgbouncer")) {
                assertThat(owner.query("SHOW VERSION").exchange().get(1)).contains("PgBouncer");
            }
            try (WireClient byTcp = WireClient.connect(pool.address()).startup("pgbouncer", "pgbouncer")) {
                assertThat(byTcp.read().type()).as("asked for a password").isEqualTo('R');
            }
            try (WireClient other = WireClient.connect(socket).startup("boss", "pgbouncer")) {
                assertThat(other.read().type()).isEqualTo('R');
            }
        }
    }
}
