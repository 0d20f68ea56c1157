package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages of every size, cut anywhere by the network, mean the same. */
@OnEveryPostgres
class FramingIT {

    private final TestPostgres postgres;

    FramingIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void conversationSplitAtEveryPosition() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("s", "SELECT $1::text")
                    .describeStatement("s")
                    .bind("s", "value")
                    .execute()
                    .closeStatement("s");
            byte[] batch = client.sync().query("SELECT 'simple'").takeQueued();
            for (int split = 1; split < batch.length; split++) {
                client.sendRaw(batch, 0, split);
                pooler.pulse(); // now the first part has been read on its own
                client.sendRaw(batch, split, batch.length);
                assertThat(client.read(11))
                        .as("split at %s", split)
                        .containsExactly(
                                "ParseComplete",
                                "ParameterDescription 1 25",
                                "RowDescription 1 \"text\" 25",
                                "BindComplete",
                                "DataRow 1 5 'value'",
                                "CommandComplete \"SELECT 1\"",
                                "CloseComplete",
                                "ReadyForQuery I",
                                "RowDescription 1 \"?column?\" 25",
                                "DataRow 1 6 'simple'",
                                "CommandComplete \"SELECT 1\"");
                assertThat(client.read(1)).containsExactly("ReadyForQuery I");
            }
        }
    }

    @Test
    void startupPacketSplitAtEveryPosition() {
        byte[] startup =
                Frontend.startup(Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE);
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (int split = 1; split < startup.length; split++) {
                try (WireClient client = pooler.connect()) {
                    client.sendRaw(startup, 0, split);
                    pooler.pulse();
                    client.sendRaw(startup, split, startup.length).awaitLogin("");
                }
            }
        }
    }

    @Test
    void everyByteOfBothDirectionsOnItsOwn() {
        try (Toxics serverSide = Toxics.before(postgres.address()).chunk(1);
                TestPooler pooler = TestPooler.start(serverSide, 1);
                Toxics clientSide = Toxics.before(pooler.address()).chunk(1);
                WireClient client = WireClient.login(clientSide.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            for (int i = 0; i < 5; i++) {
                client.parse("s" + i, "SELECT $1::text, generate_series(1, 20)")
                        .bind("s" + i, "value")
                        .execute();
                assertThat(client.sync().exchange())
                        .hasSize(24)
                        .startsWith("ParseComplete", "BindComplete", "DataRow 2 5 'value' 1 '1'")
                        .endsWith("DataRow 2 5 'value' 2 '20'", "CommandComplete \"SELECT 20\"", "ReadyForQuery I");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2_047, 2_048, 8_191, 8_192, 8_193, 16_384, 65_535, 65_536, 65_537, 262_144, 20_000_000})
    void valuesAndTextsOfEverySize(int size) {
        String value = "v".repeat(size);
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(client.parse("s", "SELECT length($1), $1")
                            .bind("s", value)
                            .execute()
                            .sync()
                            .exchangeMessages()
                            .get(2)
                            .values())
                    .containsExactly(String.valueOf(size), value);
            String comment = "/* " + value + " */ SELECT 'commented'";
            assertThat(client.value(comment)).isEqualTo("commented");
            assertThat(client.parse("c", comment).bind("c").execute().sync().exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 9 'commented'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 8_192, 9_990}) // PostgreSQL takes Describe and Close of 10,000 bytes
    void statementAndPortalNamesOfEverySize(int size) {
        String name = "n".repeat(size);
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(client.parse(name, "SELECT $1::int")
                            .bindPortal(name, name, "9")
                            .describeStatement(name)
                            .describePortal(name)
                            .execute(name, 0)
                            .closePortal(name)
                            .closeStatement(name)
                            .sync()
                            .exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "ParameterDescription 1 23",
                            "RowDescription 1 \"int4\" 23",
                            "RowDescription 1 \"int4\" 23",
                            "DataRow 1 1 '9'",
                            "CommandComplete \"SELECT 1\"",
                            "CloseComplete",
                            "CloseComplete",
                            "ReadyForQuery I");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {32_767, 32_768, 65_535})
    void asManyParametersAsTheProtocolCanCount(int count) {
        List<@Nullable String> values = new ArrayList<>(Collections.nCopies(count, "1"));
        values.set(0, null);
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse(
                    "s",
                    "SELECT num_nulls($1::int, $" + count + "::int)",
                    Collections.nCopies(count, 23).stream()
                            .mapToInt(type -> type)
                            .toArray());
            assertThat(client.bind("s", values.toArray(String[]::new))
                            .execute()
                            .sync()
                            .exchange())
                    .containsExactly(
                            "ParseComplete",
                            "BindComplete",
                            "DataRow 1 1 '1'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }
}
