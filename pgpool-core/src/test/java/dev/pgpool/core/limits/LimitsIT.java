package dev.pgpool.core.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How many servers and clients there may be: of a pool, a database, a user. */
@OnEveryPostgres
class LimitsIT {

    private final TestPostgres postgres;
    private final List<CloseReason> closed = new CopyOnWriteArrayList<>();

    LimitsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private final class Closes implements PgPoolListener {
        @Override
        public void onServerClosed(PoolKey pool, CloseReason reason) {
            closed.add(reason);
        }
    }

    /** A pool's servers are one set, whichever event loops its clients are on. */
    @Test
    void anIdleServerOfAnotherLoopIsUsedBeforeOneIsMade() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.eventLoops(4)
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(8)))) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(pooler.login());
            }
            for (int round = 0; round < 20; round++) {
                for (WireClient client : clients) {
                    assertThat(client.value("SELECT 'served'")).isEqualTo("served");
                }
            }
            assertThat(servers(pooler)).isEqualTo(1);
            // and no more than are needed at once
            clients.get(0).run("BEGIN");
            clients.get(1).run("BEGIN");
            for (int round = 0; round < 20; round++) {
                clients.subList(2, 8).forEach(client -> client.run("SELECT 1"));
            }
            assertThat(servers(pooler)).isEqualTo(3);
            clients.get(0).run("COMMIT");
            clients.get(1).run("COMMIT");
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void capOfADatabaseCountsAllUsersAndEvictsWhatIsIdle() {
        String other = postgres.createRole("trust", "unused");
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.listener(new Closes())
                        .database(
                                "app",
                                db -> TestPooler.at(db, postgres)
                                        .databaseName(database)
                                        .maxServerConnections(1)));
                WireClient a = pooler.login();
                WireClient b = pooler.loginAs(other, "app")) {
            for (int i = 0; i < 5; i++) {
                assertThat(a.value("SELECT current_user")).isEqualTo(TestPostgres.USER);
                assertThat(b.value("SELECT current_user")).isEqualTo(other);
                assertThat(servers(pooler)).isEqualTo(1);
            }
            assertThat(closed).isNotEmpty().containsOnly(CloseReason.EVICTED);
        }
    }

    @Test
    void clientOfAnotherPoolIsServedWhenTheLastServerUnderTheCapComesFree() {
        String other = postgres.createRole("trust", "unused");
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                        "app",
                        db -> TestPooler.at(db, postgres).databaseName(database).maxServerConnections(2)));
                WireClient holder = pooler.login();
                WireClient second = pooler.login();
                WireClient waiter = pooler.loginAs(other, "app")) {
            holder.run("BEGIN");
            second.run("BEGIN");
            waiter.query("SELECT current_user").send();
            assertThat(waiter.isReadable(Duration.ofMillis(300)))
                    .as("served beyond the cap")
                    .isFalse();
            holder.run("COMMIT");
            assertThat(waiter.readUntilReady()).element(1).asString().contains(other);
            assertThat(second.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
        }
    }

    @Test
    void capOfAUserCountsAllDatabases() {
        String one = postgres.createDatabase();
        String two = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.listener(new Closes())
                        .user(TestPostgres.USER, user -> user.maxServerConnections(1))
                        .database("*", db -> TestPooler.at(db, postgres)));
                WireClient first = pooler.loginAs(TestPostgres.USER, one);
                WireClient second = pooler.loginAs(TestPostgres.USER, two)) {
            first.run("BEGIN");
            second.query("SELECT 'waits'").send();
            assertThat(second.isReadable(Duration.ofMillis(300)))
                    .as("served beyond the cap")
                    .isFalse();
            first.run("COMMIT");
            assertThat(second.readUntilReady()).contains("DataRow 1 5 'waits'");
            assertThat(closed).contains(CloseReason.EVICTED);
        }
    }

    @Test
    void reserveIsUsedOnlyByWhomHasWaitedForIt() {
        try (TestPooler pooler = TestPooler.start(
                        postgres, 1, db -> db.reserveConnections(1).reserveTimeout(Duration.ofMillis(300)));
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login();
                WireClient third = pooler.login()) {
            holder.run("BEGIN");
            long begun = System.nanoTime();
            assertThat(waiter.run("BEGIN").value("SELECT 'from the reserve'")).isEqualTo("from the reserve");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
            assertThat(pool(pooler).serverStates().reserve()).isEqualTo(1);
            third.query("SELECT 'waits'").send();
            assertThat(third.isReadable(Duration.ofMillis(700)))
                    .as("more than the reserve")
                    .isFalse();
            holder.run("COMMIT");
            assertThat(third.readUntilReady()).contains("DataRow 1 5 'waits'");
        }
    }

    @Test
    void poolOfSizeZeroHasNoLimit() {
        try (TestPooler pooler = TestPooler.start(postgres, 0)) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 25; i++) {
                WireClient client = pooler.login();
                clients.add(client);
                assertThat(client.run("BEGIN").value("SELECT 'served'")).isEqualTo("served");
            }
            assertThat(servers(pooler)).isEqualTo(25);
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void minimumIsThereBeforeClientsAreIfTheUserIsForced() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(
                postgres, database, 5, db -> db.user(TestPostgres.USER).minConnections(3))) {
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(postgres.backends(database)).hasSize(3));
            try (WireClient client = pooler.login()) {
                postgres.terminateBackend(client.serverPid());
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(postgres.backends(database)).hasSize(3));
            assertThat(servers(pooler)).isEqualTo(3);
        }
    }

    @Test
    void minimumIsMadeWhenTheServerIsThereAtLast() {
        AtomicInteger failures = new AtomicInteger();
        PgPoolListener listener = new PgPoolListener() {
            @Override
            public void onServerConnectFailed(PoolKey pool, String sqlState, String message) {
                failures.incrementAndGet();
            }
        };
        try (Toxics network = Toxics.before(postgres.address()).refuse(true);
                TestPooler pooler = TestPooler.start(builder -> builder.listener(listener)
                        .database(
                                "app",
                                db -> db.host("127.0.0.1")
                                        .port(network.port())
                                        .connectRetryDelay(Duration.ofMillis(50))
                                        .user(TestPostgres.USER)
                                        .minConnections(2)))) {
            await().atMost(Wire.PATIENCE).until(() -> failures.get() >= 2);
            network.refuse(false);
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(pool(pooler).serversIdle()).isEqualTo(2));
        }
    }

    @Test
    void minimumOfAnotherPoolIsKeptWhileItHasClients() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(
                postgres, database, 5, db -> db.minConnections(3).serverIdleTimeout(Duration.ofMillis(200)))) {
            assertThat(postgres.backends(database)).isEmpty();
            try (WireClient client = pooler.login()) {
                client.value("SELECT 1");
                await().atMost(Wire.PATIENCE)
                        .untilAsserted(
                                () -> assertThat(postgres.backends(database)).hasSize(3));
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(postgres.backends(database)).isEmpty());
        }
    }

    @Test
    void clientsOfADatabaseAreCountedFromTheirLoginOn() {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.maxClients(2));
                WireClient first = pooler.login()) {
            try (WireClient second = pooler.login();
                    WireClient third = pooler.connect()) {
                assertThat(third.startup(TestPostgres.USER, TestPostgres.DATABASE)
                                .readUntilClosed())
                        .singleElement()
                        .asString()
                        .startsWith("ErrorResponse S \"FATAL\" C \"53300\""
                                + " M \"client connections exceeded (max_db_client_connections)\"");
                assertThat(second.value("SELECT 'fine'")).isEqualTo("fine");
            }
            awaitLogin(pooler).close();
            assertThat(first.value("SELECT 'fine'")).isEqualTo("fine");
        }
    }

    @Test
    void clientsOfAUserAreCountedByTheNameThatLogsIn() {
        String other = postgres.createRole("trust", "unused");
        try (TestPooler pooler = TestPooler.start(builder -> builder.user(other, user -> user.maxClients(1))
                        .user(TestPostgres.USER, user -> user.maxClients(1))
                        .database(
                                "forced",
                                db -> TestPooler.at(db, postgres)
                                        .databaseName(TestPostgres.DATABASE)
                                        .user(TestPostgres.USER)));
                WireClient first = pooler.loginAs(other, "forced");
                WireClient second = pooler.loginAs("nobody knows", "forced");
                WireClient third = pooler.connect()) {
            assertThat(third.startup(other, "forced").readUntilClosed())
                    .singleElement()
                    .asString()
                    .startsWith("ErrorResponse S \"FATAL\" C \"53300\""
                            + " M \"client connections exceeded (max_user_client_connections)\"");
            assertThat(first.value("SELECT current_user")).isEqualTo(TestPostgres.USER);
            assertThat(second.value("SELECT current_user")).isEqualTo(TestPostgres.USER);
        }
    }

    @Test
    void userGoesAheadOfDatabaseAndDatabaseAheadOfTheDefault() {
        String session = postgres.createRole("trust", "unused");
        try (TestPooler pooler = TestPooler.start(builder -> builder.poolMode(PoolMode.STATEMENT)
                        .user(session, user -> user.mode(PoolMode.SESSION).maxConnections(1))
                        .database("app", db -> TestPooler.at(db, postgres).mode(PoolMode.TRANSACTION))
                        .database("*", db -> TestPooler.at(db, postgres)));
                WireClient byUser = pooler.loginAs(session, "app");
                WireClient byDatabase = pooler.loginAs(TestPostgres.USER, "app");
                WireClient byDefault = pooler.loginAs(TestPostgres.USER, "postgres");
                WireClient waiter = pooler.loginAs(session, "app")) {
            assertThat(pooler.snapshot().pools())
                    .filteredOn(pool -> pool.key().user().equals(session))
                    .extracting(PgPoolSnapshot.Pool::mode)
                    .containsOnly(PoolMode.SESSION);
            assertThat(pooler.snapshot().pools())
                    .filteredOn(pool -> pool.key().equals(new PoolKey("app", TestPostgres.USER)))
                    .extracting(PgPoolSnapshot.Pool::mode)
                    .containsOnly(PoolMode.TRANSACTION);
            assertThat(pooler.snapshot().pools())
                    .filteredOn(pool -> pool.key().database().equals("postgres"))
                    .extracting(PgPoolSnapshot.Pool::mode)
                    .containsOnly(PoolMode.STATEMENT);
            byUser.value("SELECT 1");
            waiter.query("SELECT 'waits'").send();
            assertThat(waiter.isReadable(Duration.ofMillis(200)))
                    .as("a second server of the user")
                    .isFalse();
            byUser.close();
            assertThat(waiter.readUntilReady()).contains("DataRow 1 5 'waits'");
            assertThat(byDatabase.run("BEGIN").run("COMMIT").value("SELECT 1")).isEqualTo("1");
            assertThat(byDefault.value("SELECT 1")).isEqualTo("1");
        }
    }

    private static WireClient awaitLogin(TestPooler pooler) {
        return await().atMost(Wire.PATIENCE).until(() -> loginOrNull(pooler), client -> client != null);
    }

    private static @Nullable WireClient loginOrNull(TestPooler pooler) {
        WireClient client = pooler.connect();
        if (client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                .authenticate("")
                .isError()) {
            client.close();
            return null;
        }
        client.readUntilReady();
        return client;
    }

    private static int servers(TestPooler pooler) {
        return pooler.snapshot().pools().stream()
                .mapToInt(PgPoolSnapshot.Pool::servers)
                .sum();
    }

    private static PgPoolSnapshot.Pool pool(TestPooler pooler) {
        return pooler.snapshot().pools().get(0);
    }
}
