package dev.pgpool.core.cancel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/** Several poolers behind one address: cancel requests find the right one. */
@OnEveryPostgres
class PeersIT {
    private static final int MANY_SECONDS = 60;
    private final TestPostgres postgres;

    PeersIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start(int id, int peer, int peerPort) {
        return TestPooler.start(settings -> settings.database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))
                .peerId(id)
                .peer(peer, "127.0.0.1", peerPort));
    }

    @Test
    void cancelRequestIsForwardedToThePeerThatItIsFor() {
        try (TestPooler right = start(2, 1, 1);
                TestPooler wrong = start(1, 2, right.address().getPort());
                WireClient client = right.login();
                WireClient here = wrong.login()) {
            client.query("SELECT pg_sleep(" + MANY_SECONDS + ")").send();
            postgres.awaitQuery("SELECT pg_sleep(" + MANY_SECONDS + ")");
            try (WireClient request = client.cancel(wrong.address())) {
                assertThat(request.readUntilClosed()).isEmpty();
            }
            assertThat(client.readUntilReady()).anyMatch(message -> message.contains("57014"));

            // its own are still its own
            here.query("SELECT pg_sleep(" + MANY_SECONDS + ")").send();
            postgres.awaitQuery("SELECT pg_sleep(" + MANY_SECONDS + ")");
            try (WireClient request = here.cancel(wrong.address())) {
                request.readUntilClosed();
            }
            assertThat(here.readUntilReady()).anyMatch(message -> message.contains("57014"));
        }
    }

    @Test
    void requestForAPeerThatIsGoneOrUnknownIsDropped() throws IOException {
        int nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        try (TestPooler gone = start(2, 1, 1);
                TestPooler unknown = start(3, 1, 1);
                TestPooler wrong = start(1, 2, nobody);
                WireClient client = gone.login();
                WireClient other = unknown.login()) {
            for (WireClient one : new WireClient[] {client, other}) {
                try (WireClient request = one.cancel(wrong.address())) {
                    assertThat(request.readUntilClosed()).isEmpty();
                }
                assertThat(one.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
            }
        }
    }

    @Test
    void poolerThatIsToldItsOwnAddressAsAPeersMakesNoCircle() {
        try (TestPooler other = start(2, 1, 1);
                PgPool self = PgPool.builder()
                        .listen("127.0.0.1", 0)
                        .peerId(1)
                        .peer(2, "127.0.0.1", 1)
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))
                        .build()
                        .start();
                WireClient client = other.login()) {
            self.reload(PgPool.builder()
                    .listen("127.0.0.1", 0)
                    .peerId(1)
                    .peer(2, "127.0.0.1", self.address().getPort())
                    .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))
                    .config());
            try (WireClient request = client.cancel(self.address())) {
                assertThat(request.readUntilClosed()).isEmpty();
            }
            assertThat(client.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
            await().until(() -> self.snapshot().clients() == 0);
        }
    }

    @Test
    void peersNeedAnIdAndRoomForIt() {
        assertThatThrownBy(() -> PgPool.builder()
                        .database("app", db -> {})
                        .peer(2, "other", 6_432)
                        .config())
                .hasMessage("peers.id: 0 (expected: 1 to 16383, since there are peers)");
        assertThatThrownBy(() -> PgPool.builder()
                        .database("app", db -> {})
                        .peerId(1)
                        .maxClientConnections(200_000)
                        .config())
                .hasMessage("listen.maxClientConnections: 200000 (expected: at most 100000 with peers)");
    }
}
