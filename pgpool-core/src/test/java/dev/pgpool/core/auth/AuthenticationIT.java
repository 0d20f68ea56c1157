package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in, crossed with every way that a server asks us. */
@OnEveryPostgres
class AuthenticationIT {

    private static final String PASSWORD = "pa'ss \u00e4\\w\u00f6rd";

    private final TestPostgres postgres;

    AuthenticationIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    static Stream<Arguments> matrix() {
        return Stream.of("trust", "password", "md5", "scram-sha-256")
                .flatMap(client -> Stream.of("trust", "password", "md5", "scram-sha-256")
                        .map(server -> Arguments.of(client, server)));
    }

    @ParameterizedTest(name = "client by {0}, server by {1}")
    @MethodSource("matrix")
    void clientAndServerEachByTheirOwnMethod(String clientMethod, String serverMethod) {
        String role = postgres.createRole(serverMethod, PASSWORD);
        try (TestPooler pooler = TestPooler.withUsers(postgres, clientMethod, role, PASSWORD);
                WireClient client = pooler.connect()) {
            client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            assertThat(client.value("SELECT current_user")).isEqualTo(role);
            assertThat(client.transcript().lines())
                    .contains("B Authentication "
                            + switch (clientMethod) {
                                case "trust" -> 0;
                                case "password" -> 3;
                                case "md5" -> 5;
                                default -> 10;
                            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"password", "md5", "scram-sha-256"})
    void wrongPasswordAndUnknownUserAreRefusedAlike(String method) {
        String role = postgres.createRole("trust", PASSWORD);
        try (TestPooler pooler = TestPooler.withUsers(postgres, method, role, PASSWORD)) {
            for (String[] attempt : new String[][] {
                {role, "wrong"}, {role, ""}, {"nobody_of_that_name", PASSWORD}, {role, PASSWORD + "x"}
            }) {
                try (WireClient client = pooler.connect()) {
                    Message answer =
                            client.startup(attempt[0], TestPostgres.DATABASE).authenticate(attempt[1]);
                    // PostgreSQL says so too where the password comes in clear, whichever client sends none
                    String words = method.equals("password") && attempt[1].isEmpty()
                            ? "empty password returned by client\""
                            : "password authentication failed for user \"" + attempt[0] + "\"\"";
                    assertThat(answer.toString()).isEqualTo("ErrorResponse S \"FATAL\" C \"28P01\" M \"" + words);
                    assertThat(client.isClosedByPeer()).isTrue();
                    assertThat(client.transcript().lines()).noneMatch(line -> line.startsWith("B ReadyForQuery"));
                }
            }
            try (WireClient client = pooler.connect()) {
                client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            }
        }
    }

    @Test
    void serverThatRefusesOurPasswordIsToldToTheClient() {
        String role = postgres.createRole("scram-sha-256", "the server's");
        try (TestPooler pooler = TestPooler.withUsers(postgres, "password", role, "the pooler's");
                WireClient client = pooler.connect()) {
            client.startup(role, TestPostgres.DATABASE);
            Message answer = client.authenticate("the pooler's");
            String error = answer.isError()
                    ? answer.toString()
                    : client.query("SELECT 1").send().readUntilClosed().stream()
                            .filter(line -> line.startsWith("ErrorResponse"))
                            .findFirst()
                            .orElseThrow();
            assertThat(error).contains("password authentication failed").doesNotContain("the pooler's", "the server's");
        }
    }

    @Test
    void passwordMessageWithoutAnEndIsRefused() {
        try (TestPooler pooler = TestPooler.withUsers(postgres, "password", "user1", "secret");
                WireClient client = pooler.connect()) {
            client.startup("user1", TestPostgres.DATABASE);
            assertThat(client.read(1)).containsExactly("Authentication 3");
            client.sendRaw(Frontend.message('p', new byte[] {'s', 'e', 'c', 'r', 'e', 't'}));
            assertThat(client.readUntilClosed()).singleElement().asString().startsWith("ErrorResponse S \"FATAL\"");
        }
    }

    @Test
    void loginThatNeverSendsItsPasswordHoldsNoServer() {
        String role = postgres.createRole("trust", PASSWORD);
        try (TestPooler pooler = TestPooler.withUsers(postgres, "scram-sha-256", role, PASSWORD);
                WireClient silent = pooler.connect();
                WireClient client = pooler.connect()) {
            silent.startup(role, TestPostgres.DATABASE);
            assertThat(silent.read(1)).containsExactly("Authentication 10");
            client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            assertThat(client.value("SELECT 'served'")).isEqualTo("served");
        }
    }

    @Test
    void optionsThatCannotBeReadEndTheLoginAlsoBehindAPassword() {
        String role = postgres.createRole("trust", PASSWORD);
        try (TestPooler pooler = TestPooler.withUsers(postgres, "scram-sha-256", role, PASSWORD);
                WireClient client = pooler.connect()) {
            client.startup(role, TestPostgres.DATABASE, "options", "-z");
            if (!client.authenticate(PASSWORD).isError()) {
                assertThat(client.readUntilClosed()).anyMatch(line -> line.startsWith("ErrorResponse S \"FATAL\""));
            }
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @Test
    void credentialStoreThatThrowsIsAnErrorEachTimeAndNeverAHang() {
        CredentialStore broken = (database, user) -> {
            throw new IllegalStateException("the host's fault");
        };
        try (TestPooler pooler = TestPooler.start(builder -> builder.credentials(broken)
                .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)))) {
            for (int i = 0; i < 5; i++) {
                try (WireClient client = pooler.connect()) {
                    Message answer = client.startup(TestPostgres.USER, TestPostgres.DATABASE)
                            .authenticate(PASSWORD);
                    assertThat(answer.toString())
                            .startsWith("ErrorResponse S \"FATAL\"")
                            .doesNotContain("the host's fault");
                }
            }
        }
    }

    @Test
    void credentialStoreThatThrowsForTheServersSideIsToldToEachClient() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        CredentialStore broken = (database, user) -> {
            throw new IllegalStateException("the host's fault");
        };
        try (TestPooler pooler = TestPooler.start(builder ->
                builder.credentials(broken).database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)))) {
            for (int i = 0; i < 5; i++) {
                try (WireClient client = pooler.connect()) {
                    client.startup(role, TestPostgres.DATABASE);
                    if (!client.authenticate("").isError()) {
                        client.query("SELECT 1").send();
                        assertThat(client.readUntilClosed()).anyMatch(line -> line.startsWith("ErrorResponse"));
                    }
                }
            }
        }
    }
}
