package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From the first byte to the first ReadyForQuery: versions, encryption requests, startup parameters. */
@OnEveryPostgres
class StartupIT {

    private final TestPostgres postgres;

    StartupIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void protocolThreeZeroGetsAShortKeyAndNoNegotiation() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(client.cancelKey()).hasSize(4);
            assertThat(client.transcript().lines())
                    .noneMatch(line -> line.startsWith("B NegotiateProtocolVersion"))
                    .contains("B Authentication 0", "B BackendKeyData", "B ReadyForQuery I");
        }
    }

    @Test
    void protocolThreeTwoIsSpokenWithoutNegotiation() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.connect()) {
            client.startup(Frontend.PROTOCOL_3_2, TestPostgres.USER, TestPostgres.DATABASE)
                    .awaitLogin("");
            assertThat(client.cancelKey().length).isBetween(4, 256);
            assertThat(client.transcript().lines()).noneMatch(line -> line.startsWith("B NegotiateProtocolVersion"));
            assertThat(client.value("SELECT 'spoken'")).isEqualTo("spoken");
        }
    }

    @Test
    void greaseIsNegotiatedExactlyOnceWithAllUnknownOptions() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.connect()) {
            client.startup(
                            Frontend.PROTOCOL_GREASE,
                            TestPostgres.USER,
                            TestPostgres.DATABASE,
                            "_pq_.test_protocol_negotiation",
                            "",
                            "_pq_.other",
                            "x")
                    .awaitLogin("");
            assertThat(client.transcript().lines())
                    .filteredOn(line -> line.startsWith("B NegotiateProtocolVersion"))
                    .singleElement()
                    .asString()
                    .matches("B NegotiateProtocolVersion 196610 \"_pq_.test_protocol_negotiation\" \"_pq_.other\"");
            assertThat(client.value("SELECT 'negotiated'")).isEqualTo("negotiated");
        }
    }

    @Test
    void protocolThreeZeroWithAnUnknownOptionIsNegotiated() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("_pq_.unknown", "1")) {
            assertThat(client.transcript().lines())
                    .filteredOn(line -> line.startsWith("B NegotiateProtocolVersion"))
                    .singleElement()
                    .asString()
                    .matches("B NegotiateProtocolVersion 196608 \"_pq_.unknown\"");
        }
    }

    @Test
    void encryptionRequestsAreAnsweredNoAndLoginGoesOn() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.connect()) {
            client.sendRaw(Frontend.gssEncRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.sendRaw(Frontend.sslRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.startup(TestPostgres.USER, TestPostgres.DATABASE).awaitLogin("");
            assertThat(client.value("SELECT 'in'")).isEqualTo("in");
        }
    }

    @Test
    void endlessEncryptionRequestsAreEnded() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.connect()) {
            client.sendRaw(Frontend.sslRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.sendRaw(Frontend.sslRequest());
            assertThat(client.readUntilClosed()).hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void databaseDefaultsToTheUser() {
        postgres.execute("SELECT 1");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.connect()) {
            client.sendRaw(Frontend.startup(Frontend.PROTOCOL_3_0, "user", TestPostgres.USER));
            client.awaitLogin("");
            assertThat(client.value("SELECT current_database()")).isEqualTo(TestPostgres.USER);
        }
    }

    @Test
    void welcomeCarriesTheParametersOfTheServer() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient direct = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            for (String name : List.of(
                    "server_version",
                    "server_encoding",
                    "client_encoding",
                    "DateStyle",
                    "TimeZone",
                    "integer_datetimes",
                    "standard_conforming_strings",
                    "IntervalStyle",
                    "is_superuser",
                    "session_authorization",
                    "in_hot_standby",
                    "default_transaction_read_only")) {
                assertThat(client.parameter(name)).as(name).isNotNull().isEqualTo(direct.parameter(name));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "application_name, reports",
        "TimeZone, Asia/Tokyo",
        "DateStyle, 'German, DMY'",
        "IntervalStyle, iso_8601",
        "client_encoding, LATIN1",
        "extra_float_digits, 1",
        "search_path, pg_catalog",
        "statement_timeout, 77s",
        "default_transaction_isolation, serializable",
        "lock_timeout, 5s"
    })
    void startupParameterHoldsOnEveryServer(String name, String value) {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient plain = pooler.login();
                WireClient client = pooler.login(name, value);
                WireClient holder = pooler.login()) {
            String unset = plain.value("SHOW " + name);
            assertThat(client.value("SHOW " + name)).isEqualTo(value);
            holder.run("BEGIN");
            assertThat(client.value("SHOW " + name)).as("on another server").isEqualTo(value);
            holder.run("COMMIT");
            assertThat(plain.value("SHOW " + name)).as("for another client").isEqualTo(unset);
            assertThat(client.value("SHOW " + name)).isEqualTo(value);
        }
    }

    @Test
    void optionsAreReadAsPostgresReadsThem() {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient plain = pooler.login();
                WireClient client =
                        pooler.login("options", "-c work_mem=5MB --statement-timeout=60s -c application_name=a\\ b")) {
            String unset = plain.value("SHOW work_mem");
            assertThat(client.value("SHOW work_mem")).isEqualTo("5MB");
            assertThat(client.value("SHOW statement_timeout")).isEqualTo("1min");
            assertThat(client.value("SHOW application_name")).isEqualTo("a b");
            assertThat(plain.value("SHOW work_mem")).isEqualTo(unset);
        }
    }

    @Test
    void parameterThatThePostgresRefusesIsItsOwnError() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient bystander = pooler.login();
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE, "no_such_setting", "1");
            Message answer = client.authenticate("");
            if (!answer.isError()) {
                List<String> rest = client.query("SELECT 1").send().readUntilClosed();
                assertThat(rest)
                        .filteredOn(line -> line.startsWith("ErrorResponse"))
                        .singleElement()
                        .asString()
                        .contains("42704", "no_such_setting");
            } else {
                assertThat(answer.toString()).contains("42704", "no_such_setting");
            }
            assertThat(bystander.value("SELECT 'unaffected'")).isEqualTo("unaffected");
        }
    }

    @Test
    void tcpProbeThatSaysNothingIsNoTrouble() {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (int i = 0; i < 20; i++) {
                pooler.connect().close();
                pooler.connect().reset();
            }
            try (WireClient client = pooler.login()) {
                assertThat(client.value("SELECT 'fine'")).isEqualTo("fine");
            }
        }
    }

    @Test
    void firstMessageBeyondTheBuffersOfAClientWithSettingsOfItsOwn() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient plain = pooler.login();
                WireClient client = pooler.login("application_name", "large")) {
            for (int i = 0; i < 3; i++) {
                assertThat(plain.value("SELECT 'small'")).isEqualTo("small");
                assertThat(client.value("SELECT length('" + "x".repeat(5_000_000) + "')"))
                        .isEqualTo("5000000");
            }
        }
    }
}
