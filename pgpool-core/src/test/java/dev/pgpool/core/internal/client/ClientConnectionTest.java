package dev.pgpool.core.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** When a client is read from, what it is told at the end, and when its silence means that it is gone. */
class ClientConnectionTest {

    private static final byte[] ROW = Backend.dataRow("a row that comes in two pieces");

    // ---- last words

    @Test
    void errorFollowsWholeMessages() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            Rig.Server server = asked(rig, client);
            server.send(ROW);
            server.deliver(ROW.length);
            client.received();

            client.session.kill();
            rig.settle();

            assertThat(Rig.lines(client.received())).singleElement().asString().contains("57P01");
        }
    }

    @Test
    void errorBehindHalfAMessageIsNotTold() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            Rig.Server server = asked(rig, client);
            int half = ROW.length / 2;
            server.send(ROW);
            server.deliver(half);

            client.session.kill();
            rig.runTasks();

            assertThat(client.received()).isEqualTo(Arrays.copyOf(ROW, half));
            assertThat(client.isOpen()).isFalse();
        }
    }

    /** The client has a server that does not answer by itself. */
    private static Rig.Server asked(Rig rig, Rig.Client client) {
        Rig.Server server = rig.servers.get(0);
        server.answering = false;
        client.say(Frontend.query("SELECT 1"));
        return server;
    }

    // ---- reading

    @Test
    void readingStopsWhenAWaitingClientSendsTooMuch() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client other = rig.login();
            Rig.Client waiting = rig.login();
            other.say(Frontend.query("BEGIN"));

            waiting.say(Frontend.query("x".repeat(ClientConnection.HELD_LIMIT)));

            assertThat(waiting.session.isWaiting()).isTrue();
            assertThat(waiting.channel.config().isAutoRead()).isFalse();
        }
    }

    @Test
    void readingGoesOnWhenAWaitingClientSendsLittle() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client other = rig.login();
            Rig.Client waiting = rig.login();
            other.say(Frontend.query("BEGIN"));

            waiting.say(Frontend.query("SELECT 1"));

            assertThat(waiting.session.isWaiting()).isTrue();
            assertThat(waiting.channel.config().isAutoRead()).isTrue();
        }
    }

    @Test
    void readingGoesOnWithTheServerThatTheClientWaitedFor() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client other = rig.login();
            Rig.Client waiting = rig.login();
            other.say(Frontend.query("BEGIN"));
            waiting.say(Frontend.query("SELECT " + "1".repeat(ClientConnection.HELD_LIMIT)));

            other.say(Frontend.query("COMMIT"));

            assertThat(waiting.channel.config().isAutoRead()).isTrue();
            assertThat(Rig.lines(waiting.received())).last().isEqualTo("ReadyForQuery I");
        }
    }

    // ---- the end of the input

    @Test
    void clientThatEndsItsInputWithoutAGoodbyeIsGone() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            asked(rig, client);

            client.channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);

            assertThat(client.isOpen()).isFalse();
        }
    }

    @Test
    void clientThatWaitsAndHasSaidGoodbyeGetsItsAnswer() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client other = rig.login();
            Rig.Client waiting = rig.login();
            other.say(Frontend.query("BEGIN"));
            waiting.say(Frontend.query("SELECT 1"), Frontend.terminate());
            waiting.channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);

            other.say(Frontend.query("COMMIT"));

            assertThat(Rig.lines(waiting.received())).last().isEqualTo("ReadyForQuery I");
            assertThat(waiting.isOpen()).isFalse();
        }
    }
}
