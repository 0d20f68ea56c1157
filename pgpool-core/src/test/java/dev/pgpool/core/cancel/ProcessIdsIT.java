package dev.pgpool.core.cancel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** The process ids that clients are told are those of no process, so that what is done to them hits no other session. */
@OnEveryPostgres
class ProcessIdsIT {
    private static final int LARGEST_OF_A_PROCESS = 1 << 22;

    private final TestPostgres postgres;

    ProcessIdsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start(int peerId) {
        return TestPooler.start(builder -> builder.peerId(peerId)
                .adminUsers(TestPostgres.USER)
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 16_383})
    void areBeyondThoseOfProcessesAndDoNotTellEachOther(int peerId) {
        try (TestPooler pooler = start(peerId)) {
            List<WireClient> clients = new ArrayList<>();
            Set<Integer> ids = new HashSet<>();
            Set<Integer> steps = new HashSet<>();
            for (int i = 0; i < 50; i++) {
                WireClient client = i % 10 == 9 ? pooler.loginAs(TestPostgres.USER, "pgbouncer") : pooler.login();
                assertThat(client.processId()).isGreaterThan(LARGEST_OF_A_PROCESS);
                steps.add(client.processId()
                        - (clients.isEmpty() ? 0 : clients.get(i - 1).processId()));
                ids.add(client.processId());
                clients.add(client);
            }
            assertThat(ids).hasSize(50);
            assertThat(steps).as("distances").hasSizeGreaterThan(45);
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void whatIsDoneToThemByFunctionsHitsNoSession() {
        try (TestPooler pooler = start(0);
                WireClient client = pooler.login();
                WireClient direct = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            int server = client.serverPid();
            for (String function : List.of("pg_terminate_backend", "pg_cancel_backend")) {
                assertThat(direct.value("SELECT " + function + "(" + client.processId() + ")"))
                        .isEqualTo("f");
            }
            assertThat(client.serverPid()).isEqualTo(server);
        }
    }

    @Test
    void theConsoleKnowsAClientByItsProcessId() {
        try (TestPooler pooler = start(0);
                WireClient client = pooler.login();
                WireClient console = pooler.loginAs(TestPostgres.USER, "pgbouncer")) {
            console.run("KILL_CLIENT " + client.processId());
            assertThat(client.readUntilClosed()).last().asString().contains("57P01");
        }
    }

    /** As with PostgreSQL a client may leave out what it has sent itself: libpq compares be_pid with PQbackendPID. */
    @ParameterizedTest
    @ValueSource(
            strings = {"NOTIFY news, 'own'", "SELECT pg_notify('news', 'own')", "BEGIN; NOTIFY news, 'own'; COMMIT"})
    void ownNotificationsHaveTheOwnProcessId(String notify) throws SQLException {
        try (TestPooler pooler = start(0);
                Connection client = connect(pooler);
                Connection other = connect(pooler);
                Statement statement = client.createStatement();
                Statement ofOther = other.createStatement()) {
            PGConnection listener = client.unwrap(PGConnection.class);
            statement.execute("LISTEN news");
            statement.execute(notify);
            assertThat(listener.getNotifications(5_000)).singleElement().satisfies(own -> {
                assertThat(own.getParameter()).isEqualTo("own");
                assertThat(own.getPID()).isEqualTo(listener.getBackendPID());
            });
            ofOther.execute("NOTIFY news, 'foreign'");
            assertThat(listener.getNotifications(5_000)).singleElement().satisfies(foreign -> {
                assertThat(foreign.getParameter()).isEqualTo("foreign");
                assertThat(foreign.getPID()).isNotEqualTo(listener.getBackendPID());
            });
        }
    }

    private static Connection connect(TestPooler pooler) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + pooler.pool().address().getPort() + "/" + TestPostgres.DATABASE,
                TestPostgres.USER,
                "");
    }
}
