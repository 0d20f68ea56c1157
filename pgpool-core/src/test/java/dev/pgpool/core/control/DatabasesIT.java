package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Which database and user a client's name leads to. */
@OnEveryPostgres
class DatabasesIT {

    private final TestPostgres postgres;

    DatabasesIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void severalDatabasesEachWithAPoolOfItsOwnSize() {
        String one = postgres.createDatabase();
        String two = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                                "first",
                                db -> TestPooler.at(db, postgres)
                                        .databaseName(one)
                                        .maxConnections(1))
                        .database(
                                "second",
                                db -> TestPooler.at(db, postgres)
                                        .databaseName(two)
                                        .maxConnections(2)));
                WireClient a = pooler.loginAs(TestPostgres.USER, "first");
                WireClient b = pooler.loginAs(TestPostgres.USER, "second");
                WireClient c = pooler.loginAs(TestPostgres.USER, "second");
                WireClient d = pooler.loginAs(TestPostgres.USER, "first")) {
            assertThat(a.run("BEGIN").value("SELECT current_database()")).isEqualTo(one);
            assertThat(b.run("BEGIN").value("SELECT current_database()")).isEqualTo(two);
            assertThat(c.run("BEGIN").value("SELECT current_database()")).isEqualTo(two);
            d.query("SELECT 'waits'").send();
            assertThat(d.isReadable(Duration.ofMillis(150)))
                    .as("more servers than allowed")
                    .isFalse();
            a.run("COMMIT");
            assertThat(d.readUntilReady()).contains("DataRow 1 5 'waits'");
        }
    }

    @Test
    void starTakesEveryOtherNameAsItIs() {
        String other = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                                "named", db -> TestPooler.at(db, postgres).databaseName(TestPostgres.DATABASE))
                        .database("*", db -> TestPooler.at(db, postgres)));
                WireClient named = pooler.loginAs(TestPostgres.USER, "named");
                WireClient starred = pooler.loginAs(TestPostgres.USER, other)) {
            assertThat(named.value("SELECT current_database()")).isEqualTo(TestPostgres.DATABASE);
            assertThat(starred.value("SELECT current_database()")).isEqualTo(other);
        }
    }

    @Test
    void unknownDatabaseIsAClearError() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.connect()) {
            assertThat(client.startup(TestPostgres.USER, "no_such_db").readUntilClosed())
                    .last()
                    .asString()
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"3D000\" M \"database \"no_such_db\" does not exist\"");
        }
    }

    @Test
    void databaseThatOnlyTheServerLacksIsTheServersError() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.database("*", db -> TestPooler.at(db, postgres)));
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, "not_there_either");
            if (!client.authenticate("").isError()) {
                client.query("SELECT 1").send();
                client.readUntilClosed();
            }
            assertThat(client.transcript().lines())
                    .anyMatch(line -> line.contains("C \"3D000\"") && line.contains("not_there_either"));
        }
    }

    @Test
    void forcedUserSharesOnePoolAmongAllClients() {
        String forced = postgres.createRole("scram-sha-256", "secret");
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                        "app",
                        db -> TestPooler.at(db, postgres)
                                .user(forced)
                                .password("secret")
                                .maxConnections(1)));
                WireClient ann = pooler.loginAs("ann", "app");
                WireClient bob = pooler.loginAs("bob", "app")) {
            assertThat(ann.value("SELECT current_user")).isEqualTo(forced);
            assertThat(bob.value("SELECT current_user")).isEqualTo(forced);
            assertThat(ann.serverPid()).isEqualTo(bob.serverPid());
        }
    }

    @Test
    void usersWithoutAForcedOneNeverShareAServer() {
        String ann = postgres.createRole("trust", "x");
        String bob = postgres.createRole("trust", "x");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient first = pooler.loginAs(ann, TestPostgres.DATABASE);
                WireClient second = pooler.loginAs(bob, TestPostgres.DATABASE)) {
            assertThat(first.run("BEGIN").value("SELECT current_user")).isEqualTo(ann);
            assertThat(second.value("SELECT current_user")).isEqualTo(bob);
            assertThat(first.value("SELECT current_user")).isEqualTo(ann);
        }
    }

    @Test
    void poolsOfNamesThatNobodyHasAreForgotten() {
        try (TestPooler pooler =
                TestPooler.start(builder -> builder.database("*", db -> TestPooler.at(db, postgres)))) {
            for (int i = 0; i < 30; i++) {
                try (WireClient client = pooler.connect()) {
                    client.startup(TestPostgres.USER, "made_up_" + i);
                    if (i % 2 == 0) {
                        client.readUntilClosed();
                    }
                }
            }
            await().atMost(Wire.PATIENCE).until(() -> pooler.snapshot().pools().isEmpty());
        }
    }
}
