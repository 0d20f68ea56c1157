package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** FunctionCall, the fast path of large objects, takes a server and gives it back like a query. */
@OnEveryPostgres
class FunctionCallIT {

    private static final int INT4PL = 177;
    private static final int INT4DIV = 154;

    private final TestPostgres postgres;

    FunctionCallIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void outsideATransactionTheServerIsGivenBackAfterwards() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            assertThat(client.functionCall(INT4PL, int4(2), int4(3)).exchange())
                    .containsExactly("FunctionCallResponse 4 '\\x00\\x00\\x00\\x05'", "ReadyForQuery I");
            assertThat(other.value("SELECT 'other'")).isEqualTo("other");
        }
    }

    @Test
    void insideATransactionTheServerStays() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("BEGIN");
            assertThat(client.functionCall(INT4PL, int4(2), int4(3)).exchange()).endsWith("ReadyForQuery T");
            other.query("SELECT 'other'").send();
            assertThat(other.isReadable(Duration.ofMillis(150)))
                    .as("given a server in a transaction")
                    .isFalse();
            client.run("COMMIT");
            assertThat(other.readUntilReady()).contains("DataRow 1 5 'other'");
        }
    }

    @Test
    void errorOfAFunctionEndsInReady() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            assertThat(client.functionCall(INT4DIV, int4(1), int4(0)).exchange())
                    .containsExactly("ErrorResponse S \"ERROR\" C \"22012\" M \"division by zero\"", "ReadyForQuery I");
            assertThat(other.value("SELECT 'other'")).isEqualTo("other");
        }
    }

    @Test
    void calledInAPipelineBetweenQueries() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.query("SELECT 'a'").functionCall(INT4PL, int4(1), int4(1));
            client.parse("", "SELECT 'b'").bind("").execute().sync().functionCall(INT4PL, int4(2), int4(2));
            assertThat(client.exchange())
                    .containsExactly(
                            "RowDescription 1 \"?column?\" 25",
                            "DataRow 1 1 'a'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I",
                            "FunctionCallResponse 4 '\\x00\\x00\\x00\\x02'",
                            "ReadyForQuery I",
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 'b'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I",
                            "FunctionCallResponse 4 '\\x00\\x00\\x00\\x04'",
                            "ReadyForQuery I");
        }
    }

    private static byte[] int4(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }
}
