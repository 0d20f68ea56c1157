package dev.pgpool.core.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** How long server connections live, and what becomes of those that are idle for long. */
@OnEveryPostgres
class ServerLifeIT {

    private final TestPostgres postgres;
    private final List<CloseReason> closed = new CopyOnWriteArrayList<>();

    private final PgPoolListener closes = new PgPoolListener() {
        @Override
        public void onServerClosed(PoolKey pool, CloseReason reason) {
            closed.add(reason);
        }
    };

    ServerLifeIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void serverThatNobodyUsesIsClosedAndTheMinimumIsKept() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(
                        postgres, database, 3, db -> db.minConnections(1).serverIdleTimeout(Duration.ofMillis(300)));
                WireClient first = pooler.login();
                WireClient second = pooler.login();
                WireClient third = pooler.login()) {
            first.run("BEGIN");
            second.run("BEGIN");
            third.run("BEGIN");
            assertThat(postgres.backends(database)).hasSize(3);
            first.run("COMMIT");
            second.run("COMMIT");
            third.run("COMMIT");
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(postgres.backends(database)).hasSize(1));
            assertThat(first.isReadable(Duration.ofMillis(600))).isFalse();
            assertThat(postgres.backends(database)).hasSize(1);
        }
    }

    @Test
    void serversThatAreTooOldAreReplacedUnderTraffic() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.listener(closes)
                        .database(
                                "app",
                                db -> TestPooler.at(db, postgres)
                                        .databaseName(database)
                                        .maxConnections(2)
                                        .serverLifetime(Duration.ofMillis(300))));
                WireClient client = pooler.login()) {
            Set<Integer> pids = new HashSet<>();
            while (pids.size() < 4) {
                pids.add(client.serverPid());
            }
            assertThat(closed).isNotEmpty().containsOnly(CloseReason.SERVER_LIFETIME);
        }
    }

    @Test
    void lifetimeOfZeroUsesEachServerOnce() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.serverLifetime(Duration.ZERO));
                WireClient client = pooler.login()) {
            Set<Integer> pids = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                client.run("BEGIN");
                int pid = client.serverPid();
                assertThat(client.serverPid()).as("within one transaction").isEqualTo(pid);
                client.run("COMMIT");
                pids.add(pid);
            }
            assertThat(pids).hasSize(5);
        }
    }

    /** What a client says at its start is tried on a server: no client has used that one yet. */
    @Test
    void aTrialOfStartupSettingsIsNoUseOfAServer() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.listener(closes)
                        .database("app", db -> TestPooler.at(db, postgres).serverLifetime(Duration.ZERO)));
                WireClient client = pooler.login("DateStyle", "German", "search_path", "pg_catalog")) {
            client.run("SELECT 1");
            client.run("SELECT 2");
            await().untilAsserted(() -> assertThat(closed).hasSize(2).containsOnly(CloseReason.SERVER_LIFETIME));
        }
    }

    /** Breakage 22: the network has dropped an idle connection without telling anybody. */
    @Test
    void deadServerIsFoundBeforeAClientGetsIt() {
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = TestPooler.start(builder -> builder.listener(closes)
                        .database(
                                "app",
                                db -> db.host("127.0.0.1")
                                        .port(network.port())
                                        .connectTimeout(Duration.ofSeconds(20))
                                        .maxConnections(1)
                                        .serverCheckDelay(Duration.ZERO)
                                        .serverCheckTimeout(Duration.ofMillis(300))));
                WireClient client = pooler.login()) {
            assertThat(client.value("SELECT 'works'")).isEqualTo("works");
            assertThat(client.value("SELECT 'passes its check'")).isEqualTo("passes its check");
            network.stall();
            client.query("SELECT 'not noticed'").send();
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(closed).containsExactly(CloseReason.SERVER_CHECK_FAILED));
            network.resume();
            assertThat(client.readUntilReady()).contains("DataRow 1 11 'not noticed'");
        }
    }

    @Test
    void serverWhoseCheckFailsIsNeverGivenToAClient() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.listener(closes)
                        .database(
                                "app",
                                db -> TestPooler.at(db, postgres)
                                        .maxConnections(1)
                                        .serverCheckDelay(Duration.ZERO)
                                        .serverCheckQuery("SELECT 1/0")));
                WireClient client = pooler.login()) {
            Set<Integer> pids = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                pids.add(client.serverPid());
            }
            assertThat(pids).hasSize(5);
            assertThat(closed).containsOnly(CloseReason.SERVER_CHECK_FAILED);
        }
    }

    @Test
    void serverThatWasJustMadeIsNotChecked() {
        String sequence = "checks_" + System.nanoTime();
        try (WireClient direct = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            direct.run("CREATE SEQUENCE " + sequence);
        }
        try (TestPooler pooler = TestPooler.start(
                        postgres,
                        1,
                        db -> db.serverCheckDelay(Duration.ZERO)
                                .serverCheckQuery("SELECT nextval('" + sequence + "')"));
                WireClient client = pooler.login()) {
            // two logins have had it before
            pooler.login().close();
            assertThat(client.value("SELECT is_called FROM " + sequence)).isEqualTo("f");
            assertThat(client.value("SELECT last_value FROM " + sequence))
                    .as("used, so checked")
                    .isEqualTo("1");
            assertThat(client.value("SELECT last_value FROM " + sequence)).isEqualTo("2");
        }
    }

    @Test
    void checkLeavesTheServerAsItWas() {
        try (TestPooler pooler = TestPooler.start(
                        postgres,
                        1,
                        db -> db.serverCheckDelay(Duration.ZERO).serverCheckQuery("SELECT 'rows', 'for nobody'"));
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            int pid = client.serverPid();
            client.parse("s", "SELECT 'mine'").sync().exchange();
            for (int i = 0; i < 5; i++) {
                assertThat(other.value("SELECT 'hers'")).isEqualTo("hers");
                assertThat(client.bind("s").execute().sync().exchange())
                        .containsExactly(
                                "BindComplete",
                                "DataRow 1 4 'mine'",
                                "CommandComplete \"SELECT 1\"",
                                "ReadyForQuery I");
            }
            assertThat(client.serverPid()).isEqualTo(pid);
        }
    }

    @Test
    void withoutAQueryNothingIsChecked() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.listener(closes)
                        .database(
                                "app",
                                db -> TestPooler.at(db, postgres)
                                        .maxConnections(1)
                                        .serverCheckDelay(Duration.ZERO)
                                        .serverCheckQuery("")));
                WireClient client = pooler.login()) {
            int pid = client.serverPid();
            assertThat(client.serverPid()).isEqualTo(pid);
            assertThat(pooler.snapshot().pools().get(0).serverStates().used()).isZero();
            assertThat(closed).isEmpty();
        }
    }
}
