package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that stops in the middle of a message keeps a server from the others for no longer than a limit says. */
@OnEveryPostgres
class HalfMessageIT {
    private static final Duration SHORT = Duration.ofMillis(400);
    private static final String LONG = "x".repeat(300_000);

    private final TestPostgres postgres;

    HalfMessageIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    static Stream<byte[]> messages() {
        return Stream.of(
                Frontend.query("SELECT 'half'"),
                Frontend.parse("", "SELECT 'half'"),
                Frontend.bind("", "", List.of()),
                Frontend.describe('S', ""),
                Frontend.close('S', "x"),
                Frontend.execute("", 0),
                Frontend.sync(),
                Frontend.functionCall(1299),
                Frontend.query("SELECT '" + "x".repeat(60_000) + "'"));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void halfAMessageTakesNoServer(byte[] message) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient other = pooler.login()) {
            for (int split : new int[] {1, 4, 5, 7, message.length / 2, message.length - 1}) {
                if (split < message.length) {
                    try (WireClient half = pooler.login()) {
                        half.sendRaw(message, 0, split);
                        pooler.pulse();
                        assertThat(other.value("SELECT 'served'"))
                                .as("split at %s", split)
                                .isEqualTo("served");
                    }
                }
            }
        }
    }

    /** Nothing runs while the client has not said what. */
    @ParameterizedTest
    @MethodSource("messages")
    void halfAMessageInATransactionIsIdleInIt(byte[] message) {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.idleInTransactionTimeout(SHORT));
                WireClient other = pooler.login()) {
            for (int split : new int[] {1, 5, 7, message.length - 1}) {
                if (split < message.length) {
                    try (WireClient half = pooler.login()) {
                        half.run("BEGIN").sendRaw(message, 0, split);
                        pooler.pulse();
                        assertThat(other.value("SELECT 'served'"))
                                .as("split at %s", split)
                                .isEqualTo("served");
                        assertThat(half.readUntilClosed()).last().asString().contains("FATAL", "C \"25P03\"");
                    }
                }
            }
        }
    }

    /** Each message of a batch is cut, and comes in the end. */
    @ParameterizedTest
    @MethodSource("messages")
    void theRestOfAMessageInATransactionIsWaitedFor(byte[] message) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient half = pooler.login()) {
            for (int split = 1; split < Math.min(message.length, 20); split++) {
                half.run("BEGIN");
                half.parse("", "SELECT 1").describeStatement("").sync().exchange();
                half.sendRaw(message, 0, split);
                pooler.pulse();
                half.sendRaw(message, split, message.length);
                // the answer to it, or to the Sync behind it
                half.sync().query("ROLLBACK").query("SELECT 'behind'").send();
                String answers = half.readUntil('Z').toString();
                while (!answers.contains("'behind'")) {
                    answers = half.readUntil('Z').toString();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 7, 40_000, 65_541, 70_000, 299_999})
    void theRestOfAMessageIsWaitedFor(int split) {
        byte[] message = Frontend.query("SELECT length('" + LONG + "')");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient half = pooler.login()) {
            half.sendRaw(message, 0, split);
            pooler.pulse();
            half.sendRaw(message, split, message.length);
            assertThat(half.readUntilReady()).contains("DataRow 1 6 '300000'");
        }
    }

    /** Byte by byte, with other clients at work in between. */
    @Test
    void messagesThatTrickleInAreServedInTheEnd() {
        byte[] message = Frontend.query("SELECT 'trickled'");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient slow = pooler.login();
                WireClient other = pooler.login()) {
            for (int i = 0; i < message.length; i++) {
                slow.sendRaw(message, i, i + 1);
                assertThat(other.value("SELECT " + i)).isEqualTo(String.valueOf(i));
            }
            assertThat(slow.readUntilReady()).contains("DataRow 1 8 'trickled'");
        }
    }

    static Stream<Arguments> unfinished() {
        byte[] tooLong = Frontend.query("SELECT '" + LONG + "'");
        byte[] longBind = Frontend.bind("", "", List.of(LONG));
        return Stream.of(
                Arguments.of("a long Query", (Consumer<WireClient>) client -> client.sendRaw(tooLong, 0, 100_000)),
                Arguments.of("a header that promises a long Query", (Consumer<WireClient>)
                        client -> client.sendRaw(tooLong, 0, 7)),
                Arguments.of("a Parse, and half of a long Bind", (Consumer<WireClient>)
                        client -> client.parse("", "SELECT $1::text").send().sendRaw(longBind, 0, 80_000)),
                Arguments.of("a Parse without a Sync", (Consumer<WireClient>)
                        client -> client.parse("", "SELECT 1").send()),
                Arguments.of("a Parse and a Flush without a Sync", (Consumer<WireClient>)
                        client -> client.parse("", "SELECT 1").flush().send()),
                Arguments.of("half a Query in a transaction", (Consumer<WireClient>)
                        client -> client.run("BEGIN").sendRaw(Frontend.query("SELECT 1"), 0, 7)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unfinished")
    void theQueryTimeoutSeesWhatIsNotSaidToItsEnd(String what, Consumer<WireClient> begins) {
        try (TestPooler pooler = TestPooler.start(
                        postgres, 1, db -> db.queryTimeout(SHORT).cancelTimeout(SHORT));
                WireClient half = pooler.login();
                WireClient other = pooler.login()) {
            begins.accept(half);
            pooler.pulse();
            assertThat(other.value("SELECT 'served'")).isEqualTo("served");
            assertThat(half.readUntilClosed()).last().asString().contains("FATAL", "C \"57014\"", "query_timeout");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unfinished")
    void theTransactionTimeoutSeesItAsWell(String what, Consumer<WireClient> begins) {
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.transactionTimeout(SHORT));
                WireClient half = pooler.login();
                WireClient other = pooler.login()) {
            begins.accept(half);
            pooler.pulse();
            assertThat(other.value("SELECT 'served'")).isEqualTo("served");
            assertThat(half.readUntilClosed()).last().asString().contains("FATAL", "C \"25P04\"");
        }
    }
}
