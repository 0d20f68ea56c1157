package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pooler knows no password, only what the server stores; clients bring the rest. */
@OnEveryPostgres
class ScramPassThroughIT {

    private static final String PASSWORD = "pa'ss \u00e4 w\u00f6rd";

    private final TestPostgres postgres;

    @TempDir
    private Path directory;

    ScramPassThroughIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @ParameterizedTest
    @EnumSource(names = {"SCRAM_SHA_256", "MD5", "PASSWORD"})
    void whatTheClientShowsLogsInToTheServer(ClientAuthentication method) throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = pooler(method, userlist(role), 2);
                WireClient first = pooler.connect();
                WireClient second = pooler.connect()) {
            first.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD).run("BEGIN");
            second.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            // each holds a server of its own: both were logged in to without a password
            assertThat(second.value("SELECT current_user")).isEqualTo(role);
            assertThat(first.value("SELECT current_user")).isEqualTo(role);
            assertThat(pooler.snapshot().pools().get(0).servers()).isEqualTo(2);
        }
    }

    @Test
    void aWrongPasswordIsRefusedAndShowsNothing() throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, userlist(role), 1)) {
            for (String wrong : new String[] {"wrong", "", PASSWORD + " "}) {
                assertThat(refusal(pooler, role, wrong))
                        .isEqualTo(
                                "ErrorResponse S \"FATAL\" C \"28P01\" M \"password authentication failed for user \""
                                        + role + "\"\"");
            }
            assertThat(pooler.snapshot().pools()).isEmpty();
            try (WireClient client = pooler.connect()) {
                client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
                assertThat(client.value("SELECT current_user")).isEqualTo(role);
            }
        }
    }

    @Test
    void aServerThatIsLostIsReplacedWithoutTheClientsHelp() throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, userlist(role), 1);
                WireClient client = pooler.connect()) {
            client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            int before = client.serverPid();
            postgres.terminateBackend(before);
            assertThat(client.serverPid()).isNotEqualTo(before);
        }
    }

    @Test
    void aPasswordThatChangesWhileThePoolerRunsIsFollowedByItsVerifier() throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        Path users = userlist(role);
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, users, 1);
                WireClient old = pooler.connect()) {
            old.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            int pid = old.serverPid();
            alterPassword(role, "another");
            write(users, role);
            // the server that is there goes on, as in PostgreSQL
            assertThat(old.serverPid()).isEqualTo(pid);
            assertThat(refusal(pooler, role, PASSWORD)).contains("28P01");
            postgres.terminateBackend(pid);
            // the old key is of no use with the new verifier, and the new one is not known yet
            old.query("SELECT 1").send();
            assertThat(old.readUntilClosed())
                    .last()
                    .asString()
                    .contains("C \"28000\"")
                    .contains("server asked for SCRAM-SHA-256 but only a SCRAM verifier is known for user \"" + role
                            + "\" (its key is known as soon as a client has logged in as this user by SCRAM-SHA-256)");
            // a failed connect is remembered for a while, but not against a client that brings the key
            try (WireClient fresh = pooler.connect()) {
                fresh.startup(role, TestPostgres.DATABASE).awaitLogin("another");
                assertThat(fresh.value("SELECT current_user")).isEqualTo(role);
            }
        }
    }

    @Test
    void anOutdatedVerifierOfOursIsNotTakenForTheServers() throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        Path users = userlist(role);
        alterPassword(role, PASSWORD);
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, users, 1);
                WireClient client = pooler.connect()) {
            client.startup(role, TestPostgres.DATABASE);
            assertThat(loginError(client, PASSWORD))
                    .contains("C \"28000\"")
                    .contains("server has another SCRAM verifier for user \"" + role + "\"");
        }
    }

    @Test
    void aForcedUserIsServedAsSoonAsHeHasLoggedInHimself() throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        CredentialStore store = CredentialStore.of(Map.of(role, verifier(role), "guest", "guest's"));
        try (TestPooler pooler = TestPooler.start(builder -> builder.credentials(store)
                        .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres).user(role)));
                WireClient early = pooler.connect();
                WireClient self = pooler.connect();
                WireClient guest = pooler.connect()) {
            early.startup("guest", TestPostgres.DATABASE);
            assertThat(loginError(early, "guest's")).contains("only a SCRAM verifier is known for user \"" + role);
            self.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            guest.startup("guest", TestPostgres.DATABASE).awaitLogin("guest's");
            assertThat(guest.value("SELECT current_user")).isEqualTo(role);
        }
    }

    @Test
    void aPoolThatIsToBeReadyBeforeItsUserHasLoggedInSaysWhatItWaitsFor() throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        Path users = userlist(role);
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(
                                ClientAuthentication.SCRAM_SHA_256)
                        .credentials(CredentialStore.file(users))
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres).user(role).minConnections(1)))) {
            await().until(() -> log.text()
                    .contains("its key is known as soon as a client has logged in as this user by SCRAM-SHA-256"));
            try (WireClient client = pooler.connect()) {
                client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            }
            await().until(() -> pooler.snapshot().pools().get(0).servers() == 1);
        }
    }

    @Test
    void neitherKeysNorPasswordsAreLogged() throws IOException {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, userlist(role), 1);
                WireClient client = pooler.connect()) {
            client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            refusal(pooler, role, "wrong one");
            assertThat(client.value("SELECT current_user")).isEqualTo(role);
            String[] verifier = verifier(role).split("[$:]");
            assertThat(log.text())
                    .contains("login refused")
                    .doesNotContain(PASSWORD, "wrong one", verifier[2], verifier[3], verifier[4]);
        }
    }

    // ---- helpers

    private TestPooler pooler(ClientAuthentication method, Path users, int servers) {
        return TestPooler.start(builder -> builder.clientAuthentication(method)
                .credentials(CredentialStore.file(users))
                .database(
                        TestPostgres.DATABASE,
                        // remembered for longer than any test takes
                        db -> TestPooler.at(db, postgres)
                                .maxConnections(servers)
                                .connectRetryDelay(java.time.Duration.ofMinutes(10))));
    }

    private Path userlist(String role) throws IOException {
        Path file = directory.resolve("userlist.txt");
        write(file, role);
        return file;
    }

    private void write(Path file, String role) throws IOException {
        Files.writeString(file, "\"" + role + "\" \"" + verifier(role) + "\"\n");
    }

    private String verifier(String role) {
        return postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = '" + role + "'")
                .get(0);
    }

    private void alterPassword(String role, String password) {
        postgres.execute(
                "SET password_encryption = 'scram-sha-256'",
                "ALTER ROLE " + role + " PASSWORD '" + password.replace("'", "''") + "'");
    }

    private static String refusal(TestPooler pooler, String role, String password) {
        try (WireClient client = pooler.connect()) {
            return client.startup(role, TestPostgres.DATABASE)
                    .authenticate(password)
                    .toString();
        }
    }

    /** The error that comes instead of a welcome, or with the proof. */
    private static String loginError(WireClient client, String password) {
        Message answer = client.authenticate(password);
        return answer.isError() ? answer.toString() : String.join("\n", client.readUntilClosed());
    }
}
