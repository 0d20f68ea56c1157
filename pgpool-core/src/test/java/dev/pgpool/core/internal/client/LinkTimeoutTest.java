package dev.pgpool.core.internal.client;

import static dev.pgpool.core.fixture.Frontend.bind;
import static dev.pgpool.core.fixture.Frontend.execute;
import static dev.pgpool.core.fixture.Frontend.flush;
import static dev.pgpool.core.fixture.Frontend.parse;
import static dev.pgpool.core.fixture.Frontend.query;
import static dev.pgpool.core.fixture.Frontend.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.internal.server.LoggedIn;
import dev.pgpool.core.internal.server.ServerConnection;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** When a link is found to take too long, with a clock that the test moves. */
class LinkTimeoutTest {

    /** A rig whose clock ticks when told to. */
    private static final class Ticking extends Rig {
        private long nowNanos = 7;

        Ticking(Consumer<DatabaseBuilder> timeouts) {
            super(1, 10, ClientAuthentication.TRUST, timeouts);
        }

        /** Moves the clock, and looks at what the server does. */
        void tick(int millis) {
            nowNanos += Duration.ofMillis(millis).toNanos();
            servers.get(0).connection.onTick(nowNanos);
            settle();
        }
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }

    @Test
    void queryIsCancelledAtItsTimeAndNotBefore() {
        try (Ticking rig = new Ticking(db -> db.queryTimeout(seconds(1)))) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            rig.tick(0);
            rig.tick(999);
            assertThat(client.channel.config().isAutoRead()).isTrue();

            ServerConnection server = rig.servers.get(0).connection;
            LoggedIn.cancelStarted(server);

            rig.tick(1);

            assertThat(client.channel.config().isAutoRead())
                    .as("reads while the cancel could hit the next query")
                    .isFalse();
            LoggedIn.cancelEnded(server);
            assertThat(client.channel.config().isAutoRead()).isTrue();
        }
    }

    @Test
    void errorOfACancelledQuerySaysWhy() {
        try (Ticking rig = new Ticking(db -> db.queryTimeout(seconds(1)))) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            rig.tick(0);
            rig.tick(1_000);
            rig.servers.get(0).postgres.cancel();
            rig.settle();

            assertThat(Rig.lines(client.received()))
                    .hasSize(2)
                    .first()
                    .asString()
                    .contains("query_timeout");
            assertThat(client.isOpen()).isTrue();
        }
    }

    @Test
    void cancelOfTheClientItselfIsNotCalledATimeout() {
        try (Ticking rig = new Ticking(db -> db.queryTimeout(seconds(1)))) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            rig.tick(0);
            rig.tick(900);
            rig.servers.get(0).postgres.cancel();
            rig.settle();

            assertThat(Rig.lines(client.received())).first().asString().doesNotContain("query_timeout");
        }
    }

    @Test
    void eachAnswerBeginsANewQuery() {
        try (Ticking rig = new Ticking(db -> db.queryTimeout(seconds(1)).idleInTransactionTimeout(seconds(1)))) {
            Rig.Client client = rig.login();
            client.say(query("BEGIN"));
            for (int i = 0; i < 20; i++) {
                rig.tick(900);
                assertThat(client.say(query("SELECT " + i))).last().isEqualTo("ReadyForQuery T");
            }
            assertThat(client.isOpen()).isTrue();
        }
    }

    @Test
    void transactionWithoutNextQueryIsEnded() {
        try (Ticking rig = new Ticking(db -> db.idleInTransactionTimeout(seconds(1)))) {
            Rig.Client client = rig.login();
            client.say(query("BEGIN"));
            rig.tick(0);
            rig.tick(999);
            assertThat(client.isOpen()).isTrue();
            rig.tick(1);

            assertThat(Rig.lines(client.received())).singleElement().asString().contains("25P03");
            assertThat(client.isOpen()).isFalse();
            assertThat(rig.login().say(query("SELECT 1"))).last().isEqualTo("ReadyForQuery I");
            assertThat(rig.servers).hasSize(1);
        }
    }

    @Test
    void messagesWithoutASyncAreATransaction() {
        try (Ticking rig = new Ticking(db -> db.idleInTransactionTimeout(seconds(1)))) {
            Rig.Client client = rig.login();
            client.say(parse("", "SELECT 1"), flush());
            rig.tick(0);
            rig.tick(900);
            client.say(bind("", "", List.of()), flush());
            rig.tick(900);
            client.say(execute("", 0), flush());
            rig.tick(900);
            assertThat(client.isOpen()).as("something happened each time").isTrue();
            assertThat(client.say(sync())).containsExactly("ReadyForQuery I");
            rig.tick(5_000);
            assertThat(client.isOpen()).as("nothing is open").isTrue();

            client.say(parse("", "SELECT 1"), flush());
            rig.tick(0);
            rig.tick(1_000);
            assertThat(client.isOpen()).isFalse();
        }
    }

    @Test
    void transactionIsTimedFromItsBeginningToItsEnd() {
        try (Ticking rig = new Ticking(db -> db.transactionTimeout(seconds(1)))) {
            Rig.Client client = rig.login();
            for (int i = 0; i < 5; i++) {
                client.say(query("BEGIN"));
                rig.tick(300);
                client.say(query("SELECT 1"));
                rig.tick(600);
                client.say(query("COMMIT"));
            }
            client.say(query("BEGIN"));
            rig.tick(0);
            for (int i = 0; i < 9; i++) {
                client.say(query("SELECT 1"));
                rig.tick(100);
            }
            assertThat(client.isOpen()).isTrue();
            rig.tick(100);

            assertThat(Rig.lines(client.received())).last().asString().contains("25P04");
            assertThat(client.isOpen()).isFalse();
        }
    }

    @Test
    void transactionsOfTwoClientsAreTwoTransactions() {
        try (Ticking rig = new Ticking(db -> db.transactionTimeout(seconds(1)))) {
            Rig.Client first = rig.login();
            Rig.Client second = rig.login();
            first.say(query("BEGIN"));
            rig.tick(0);
            second.send(query("BEGIN"));
            rig.settle();
            rig.tick(900);
            first.say(query("COMMIT"));
            rig.tick(900);

            assertThat(second.isOpen()).isTrue();
            assertThat(second.say(query("COMMIT"))).last().isEqualTo("ReadyForQuery I");
        }
    }

    @Test
    void queryThatIsNotCancelledInTimeEndsItsClient() {
        try (Ticking rig = new Ticking(db -> db.queryTimeout(seconds(1)).cancelTimeout(seconds(2)))) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            rig.tick(0);
            rig.tick(1_000);
            rig.tick(1_999);
            assertThat(client.isOpen()).isTrue();
            rig.tick(1);

            assertThat(Rig.lines(client.received())).singleElement().asString().contains("57014");
            assertThat(client.isOpen()).isFalse();
        }
    }
}
