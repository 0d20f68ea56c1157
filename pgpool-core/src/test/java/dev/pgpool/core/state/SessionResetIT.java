package dev.pgpool.core.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session returns to, and how it ends: as straight to the server, whatever travels together. */
@OnEveryRoute
class SessionResetIT {

    private static final String LOOK = "SELECT current_setting('lock_timeout'), current_setting('TimeZone'),"
            + " current_setting('app.tenant'), current_setting('work_mem')";
    private static final List<String> STARTED_WITH = List.of("61s", "Asia/Tokyo", "blue", "5MB");

    private final Route route;

    SessionResetIT(Route route) {
        this.route = route;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RESET ALL",
                "DISCARD ALL",
                "RESET lock_timeout; RESET TimeZone; RESET app.tenant; RESET work_mem",
                "SET lock_timeout TO DEFAULT; SET TimeZone TO DEFAULT; SET app.tenant TO DEFAULT; RESET work_mem"
            })
    void resetReturnsToTheSettingsOfTheStartup(String reset) {
        boolean alone = reset.startsWith("DISCARD");
        for (boolean pinned : new boolean[] {false, true}) {
            for (boolean together : new boolean[] {false, true}) {
                try (Route.Way way = route.open(1, 1);
                        WireClient other = login(way);
                        WireClient client = login(
                                way,
                                "lock_timeout",
                                "61s",
                                "TimeZone",
                                "Asia/Tokyo",
                                "app.tenant",
                                "blue",
                                "work_mem",
                                "5MB")) {
                    assertThat(look(client, false, null)).isEqualTo(STARTED_WITH);
                    if (pinned) {
                        client.run("PREPARE p AS SELECT 1");
                    } else {
                        other.run("SELECT 1");
                    }
                    client.run("SET lock_timeout = '62s'")
                            .run("SET TimeZone = 'Europe/Paris'")
                            .run("SET app.tenant = 'red'")
                            .run("SET work_mem = '6MB'");
                    assertThat(look(client, together, alone ? reset : "BEGIN; " + reset + "; COMMIT"))
                            .as("%s, pinned %s, together %s", reset, pinned, together)
                            .isEqualTo(STARTED_WITH);
                    assertThat(look(client, false, null)).isEqualTo(STARTED_WITH);
                }
            }
        }
    }

    private static WireClient login(Route.Way way, String... parameters) {
        return WireClient.login(way.address(), TestPostgres.USER, way.database(), parameters);
    }

    /** What the session has after this, sent in one write with it or after its answer. */
    private static List<String> look(WireClient client, boolean together, String first) {
        if (first != null && together) {
            client.query(first);
        } else if (first != null) {
            client.run(first);
        }
        return client.query(LOOK).exchangeMessages().stream()
                .filter(answer -> answer.type() == 'D')
                .findFirst()
                .orElseThrow()
                .values();
    }

    /** Its goodbye is behind a query that has to wait: the end of the stream overtakes both. */
    @Test
    void goodbyeOfAClientThatWaitsForAServerIsHeard() {
        try (Route.Way way = route.open(1, 1);
                WireClient holder = login(way);
                WireClient client = login(way)) {
            holder.run("BEGIN");
            client.query("SELECT 'one'").query("SELECT 'two'").terminate().send();
            client.halfClose();
            holder.run("SELECT 1").run("COMMIT");
            assertThat(client.readUntilClosed())
                    .filteredOn(line -> line.startsWith("ReadyForQuery"))
                    .hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answersThatAreOwedComeBeforeTerminateIsObeyed(boolean closesItsHalf) {
        try (Route.Way way = route.open(1, 1);
                WireClient client = login(way)) {
            client.query("SELECT 'one'")
                    .query("SELECT 'two', pg_sleep(0.05)")
                    .parse("", "SELECT 'three'")
                    .bind("")
                    .execute()
                    .sync()
                    .terminate()
                    .send();
            if (closesItsHalf) {
                client.halfClose();
            }
            assertThat(client.readUntilClosed())
                    .filteredOn(line -> line.startsWith("DataRow") || line.startsWith("ReadyForQuery"))
                    .hasSize(6)
                    .last()
                    .asString()
                    .startsWith("ReadyForQuery");
        }
    }
}
