package dev.pgpool.core.cancel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A client that cancels what waits for a server is told so at once, as if it ran, and goes on as after that. */
@OnEveryPostgres
class CancelledWaitIT {
    private static final String CANCELLED =
            "ErrorResponse S \"ERROR\" C \"57014\" M \"canceling statement due to user request\"";

    private final TestPostgres postgres;

    CancelledWaitIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /** What waits, and how many ReadyForQuery answer it when it is cancelled. */
    static Stream<Arguments> waiting() {
        return Stream.of(
                form("query", c -> c.query("SELECT pg_sleep(3600)")),
                form("several statements", c -> c.query("SELECT 1; SELECT pg_sleep(3600)")),
                form("long query", c -> c.query("SELECT pg_sleep(3600) --" + "x".repeat(300_000))),
                form(
                        "unnamed",
                        c -> c.parse("", "SELECT pg_sleep(3600)")
                                .bind("")
                                .execute()
                                .sync()),
                form("parse alone", c -> c.parse("new", "SELECT 1").sync()),
                form("named", c -> c.bind("named").execute().sync()),
                form("describe", c -> c.describeStatement("named").sync()),
                form("close", c -> c.closeStatement("named").sync()),
                form("batch of many", c -> {
                    for (int i = 0; i < 100; i++) {
                        c.parse("many" + i, "SELECT " + i).bind("many" + i).execute();
                    }
                    c.sync();
                }),
                form(
                        "flush before the sync",
                        c -> c.parse("", "SELECT 1").flush().bind("").execute().sync()),
                form("function call", c -> c.functionCall(1598)));
    }

    private static Arguments form(String name, Consumer<WireClient> waits) {
        return Arguments.of(name, waits);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("waiting")
    void isToldAtOnce(String name, Consumer<WireClient> waits) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login("application_name", "of its own")) {
            waiter.parse("named", "SELECT 'named'").sync().exchange();
            holder.run("BEGIN");
            waits.accept(waiter);
            waiter.send();
            pooler.pulse();
            assertThat(waiter.isReadable(Duration.ofMillis(5))).isFalse();
            try (WireClient cancel = waiter.cancel(pooler.address())) {
                assertThat(cancel.isClosedByPeer()).isTrue();
            }
            assertThat(waiter.readUntilReady())
                    .as("while nothing is free")
                    .hasSize(2)
                    .last()
                    .asString()
                    .isEqualTo("ReadyForQuery I");
            assertThat(waiter.transcript().lines()).anyMatch(line -> line.contains(CANCELLED));
            assertThat(holder.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
            holder.run("COMMIT");
            assertThat(waiter.bind("named").execute().sync().exchange()).contains("DataRow 1 5 'named'");
            assertThat(waiter.parse("new", "SELECT 'new'")
                            .bind("new")
                            .execute()
                            .sync()
                            .exchange())
                    .as("the name is free")
                    .contains("DataRow 1 3 'new'");
        }
    }

    /** Skipped, a message changes nothing, or it fails and leaves none. */
    @ParameterizedTest
    @CsvSource({"function call, true", "bind, true", "describe, true", "query, false", "parse, false"})
    void unnamedStatementIsWhatTheCancelledMessageLeaves(String message, boolean staysTheSame) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login()) {
            waiter.parse("", "SELECT 'unnamed'").sync().exchange();
            holder.run("BEGIN");
            switch (message) {
                case "function call" -> waiter.functionCall(1598);
                case "bind" -> waiter.bind("").execute().sync();
                case "describe" -> waiter.describeStatement("").sync();
                case "query" -> waiter.query("SELECT 1");
                default -> waiter.parse("", "SELECT 'new'").sync();
            }
            waiter.send();
            pooler.pulse();
            waiter.cancel(pooler.address()).close();
            assertThat(waiter.readUntilReady()).first().asString().contains("57014");
            holder.run("COMMIT");
            assertThat(waiter.bind("").execute().sync().exchange())
                    .anyMatch(line -> line.contains(staysTheSame ? "DataRow 1 7 'unnamed'" : "26000"));
        }
    }

    @Test
    void whatStandsBehindItGoesOnWaiting() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login()) {
            holder.run("BEGIN");
            waiter.query("SELECT 1")
                    .query("SELECT 2")
                    .parse("", "SELECT 3")
                    .bind("")
                    .execute();
            waiter.sync().send();
            pooler.pulse();
            waiter.cancel(pooler.address()).close();
            assertThat(waiter.readUntil('Z')).first().asString().contains("57014");
            pooler.pulse();
            assertThat(pooler.snapshot().pools().get(0).clientsWaiting()).isEqualTo(1);
            waiter.cancel(pooler.address()).close();
            assertThat(waiter.readUntil('Z')).first().asString().contains("57014");
            holder.run("COMMIT");
            assertThat(waiter.readUntilReady()).contains("DataRow 1 1 '3'");
        }
    }

    @Test
    void batchWhoseSyncIsStillToComeIsSkippedUpToIt() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login()) {
            holder.run("BEGIN");
            waiter.parse("s", "SELECT 1").bind("s").send();
            pooler.pulse();
            waiter.cancel(pooler.address()).close();
            assertThat(waiter.read(1).get(0)).contains("57014");
            waiter.execute().bind("s").execute().send();
            pooler.pulse();
            assertThat(waiter.sync().exchange()).containsExactly("ReadyForQuery I");
            holder.run("COMMIT");
            assertThat(waiter.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void cancelledAgainAndAgainTheClientKeepsWorking() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient holder = pooler.login();
                WireClient waiter = pooler.login()) {
            holder.run("BEGIN");
            for (int i = 0; i < 20; i++) {
                waiter.query("SELECT " + i).send();
                pooler.pulse();
                waiter.cancel(pooler.address()).close();
                assertThat(waiter.readUntilReady()).first().asString().contains("57014");
            }
            holder.run("COMMIT");
            assertThat(waiter.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void otherModesOfPoolingTellItAsWell() {
        for (PoolMode mode : PoolMode.values()) {
            try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.mode(mode));
                    WireClient holder = pooler.login();
                    WireClient waiter = pooler.login()) {
                holder.query("SELECT pg_sleep(3600)").send();
                postgres.awaitQuery("SELECT pg_sleep(3600)");
                waiter.query("SELECT 'waits'").send();
                pooler.pulse();
                waiter.cancel(pooler.address()).close();
                assertThat(waiter.readUntilReady()).first().asString().contains("57014");
                holder.cancel(pooler.address()).close();
                assertThat(holder.readUntilReady()).anyMatch(line -> line.contains("57014"));
            }
        }
    }
}
