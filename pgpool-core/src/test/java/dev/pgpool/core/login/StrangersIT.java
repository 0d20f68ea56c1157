package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Who has not shown a secret takes no place from those who can. */
class StrangersIT {
    private static final TestPostgres POSTGRES = TestPostgres.shared(18);
    private static final String PASSWORD = "sesame";

    /** What is limited to two. */
    enum Limit {
        OF_USER,
        OF_DATABASE,
        OF_ALL
    }

    /** How far strangers go. */
    enum Stage {
        CONNECTED,
        HALF_A_PACKET,
        NAMED,
        WITH_A_WRONG_PASSWORD,
        IN_THE_MIDDLE_OF_SCRAM
    }

    static Stream<Arguments> cases() {
        return Stream.of(Limit.values())
                .flatMap(limit -> Stream.of(Stage.values())
                        .flatMap(stage -> Stream.of(
                                        ClientAuthentication.MD5,
                                        ClientAuthentication.SCRAM_SHA_256,
                                        ClientAuthentication.PASSWORD)
                                .filter(method -> stage != Stage.IN_THE_MIDDLE_OF_SCRAM
                                        || method == ClientAuthentication.SCRAM_SHA_256)
                                .map(method -> Arguments.of(limit, stage, method))));
    }

    private static TestPooler start(Limit limit, ClientAuthentication method) {
        return TestPooler.start(builder -> {
            builder.clientAuthentication(method)
                    .credentials(CredentialStore.of(Map.of(TestPostgres.USER, PASSWORD)))
                    .database(
                            TestPostgres.DATABASE,
                            db -> TestPooler.at(db, POSTGRES).maxClients(limit == Limit.OF_DATABASE ? 2 : 0));
            if (limit == Limit.OF_USER) {
                builder.user(TestPostgres.USER, user -> user.maxClients(2));
            }
            if (limit == Limit.OF_ALL) {
                builder.maxClientConnections(2);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void strangersTakeNoPlace(Limit limit, Stage stage, ClientAuthentication method) {
        List<WireClient> strangers = new ArrayList<>();
        try (TestPooler pooler = start(limit, method)) {
            for (int i = 0; i < 12; i++) {
                strangers.add(stranger(pooler, stage));
            }
            pooler.pulse();
            try (WireClient one = login(pooler);
                    WireClient two = login(pooler);
                    WireClient three = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                assertThat(one.value("SELECT 1")).isEqualTo("1");
                assertThat(two.value("SELECT 2")).isEqualTo("2");
                assertThat(three.authenticate(PASSWORD).toString())
                        .as("the limit holds for those who are known")
                        .matches("Authentication.*|ErrorResponse.*53300.*");
                assertThat(three.readUntilClosed().toString() + three.transcript())
                        .contains("53300");
            }
            // their places are free again
            Awaitility.await().untilAsserted(() -> login(pooler).close());
        } finally {
            strangers.forEach(WireClient::close);
        }
    }

    private static WireClient login(TestPooler pooler) {
        return pooler.connect()
                .startup(TestPostgres.USER, TestPostgres.DATABASE)
                .awaitLogin(PASSWORD);
    }

    private static WireClient stranger(TestPooler pooler, Stage stage) {
        WireClient client = pooler.connect();
        switch (stage) {
            case CONNECTED -> {
                // says nothing
            }
            case HALF_A_PACKET -> client.sendRaw(new byte[] {0, 0, 0, 50, 0, 3});
            case NAMED ->
                client.startup(TestPostgres.USER, TestPostgres.DATABASE).read();
            case WITH_A_WRONG_PASSWORD -> {
                client.startup(TestPostgres.USER, TestPostgres.DATABASE);
                assertThat(client.authenticate("guess").toString()).contains("28P01");
            }
            case IN_THE_MIDDLE_OF_SCRAM -> {
                client.startup(TestPostgres.USER, TestPostgres.DATABASE).read();
                client.queue(Frontend.saslInitialResponse("SCRAM-SHA-256", "n,,n=,r=fyko+d2lbbFgONRv9qkxdawL"))
                        .send()
                        .read();
            }
        }
        return client;
    }

    @Test
    void floodOfConnectionsThatNeverLogInKeepsNobodyOut() {
        List<WireClient> flood = new ArrayList<>();
        try (TestPooler pooler = start(Limit.OF_ALL, ClientAuthentication.SCRAM_SHA_256);
                WireClient before = login(pooler)) {
            for (int i = 0; i < 400; i++) {
                flood.add(pooler.connect());
            }
            try (WireClient after = login(pooler)) {
                assertThat(after.value("SELECT 'in'")).isEqualTo("in");
            }
            assertThat(before.value("SELECT 'still there'")).isEqualTo("still there");
            assertThat(flood.get(0).readUntilClosed()).last().asString().contains("53300");
        } finally {
            flood.forEach(WireClient::close);
        }
    }
}
