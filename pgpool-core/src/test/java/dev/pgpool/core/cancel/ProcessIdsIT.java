package dev.pgpool.core.cancel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
}
