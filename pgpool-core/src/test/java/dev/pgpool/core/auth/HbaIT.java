package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules that choose how each client proves who it is. */
@OnEveryPostgres
class HbaIT {

    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    private final TestPostgres postgres;

    @TempDir
    private Path directory;

    private Path hba;
    private Path ident;

    HbaIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @BeforeEach
    void nameTheFiles() throws IOException {
        hba = directory.resolve("pg_hba.conf");
        ident = directory.resolve("pg_ident.conf");
        Files.writeString(ident, "");
    }

    @Test
    void eachClientIsAskedAsItsRuleSays() throws IOException {
        write("""
                host app ann,bob 127.0.0.0/8 scram-sha-256
                host app carl all md5
                host app dora all password
                host app eve all reject
                host app all all trust
                """);
        try (TestPooler pooler = pooler()) {
            assertThat(asked(pooler, "ann", "secret")).isEqualTo("Authentication 10");
            assertThat(asked(pooler, "bob", "secret")).isEqualTo("Authentication 10");
            assertThat(asked(pooler, "carl", "secret")).isEqualTo("Authentication 5");
            assertThat(asked(pooler, "dora", "secret")).isEqualTo("Authentication 3");
            assertThat(asked(pooler, "frank", "")).isEqualTo("Authentication 0");
            assertThat(refusal(pooler, "ann", "wrong")).contains("C \"28P01\"");
        }
    }

    @Test
    void whatIsRefusedIsToldAsPostgresTellsIt() throws IOException {
        String role = postgres.createRole("reject", "secret");
        write("host all " + role + " all reject");
        try (TestPooler pooler = pooler();
                WireClient straight = WireClient.connect(postgres.address());
                LogCapture log = LogCapture.everything()) {
            String server = straight.startup(role, TestPostgres.DATABASE)
                    .authenticate("secret")
                    .toString();
            assertThat(server).contains("pg_hba.conf rejects connection for host");
            assertThat(refusal(pooler, role, "secret")).isEqualTo(server);
            assertThat(refusal(pooler, "nobody", "secret"))
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"28000\" M \"no pg_hba.conf entry for host \"127.0.0.1\","
                            + " user \"nobody\", database \"app\", no encryption\"");
            assertThat(log.lines())
                    .anyMatch(line -> line.startsWith("INFO login refused")
                            && line.contains("user=" + role)
                            && line.contains("reason=rejected by " + hba + ":1"))
                    .anyMatch(line -> line.contains("user=nobody") && line.contains("no rule is for this client"));
        }
    }

    @Test
    void refusalComesBeforeAnyQuestionAndBeforeAnySecretIsLookedUp() throws IOException {
        write("hostssl all all all trust");
        CredentialStore never = (database, user) -> {
            throw new AssertionError("asked for " + user);
        };
        try (TestPooler pooler = TestPooler.start(builder ->
                        builder.hbaFile(hba).credentials(never).database("app", db -> TestPooler.at(db, postgres)));
                WireClient client = pooler.connect()) {
            client.startup("ann", "app");
            assertThat(client.readUntilClosed())
                    .singleElement()
                    .asString()
                    .contains("no pg_hba.conf entry for host \"127.0.0.1\"");
        }
    }

    @Test
    void physicalReplicationNeedsARuleOfItsOwn() throws IOException {
        write("host all all all trust");
        try (TestPooler pooler = pooler();
                WireClient client = pooler.connect()) {
            client.startup("ann", "app", "replication", "true");
            assertThat(client.readUntilClosed())
                    .containsExactly("ErrorResponse S \"FATAL\" C \"28000\" M \"no pg_hba.conf entry for replication"
                            + " connection from host \"127.0.0.1\", user \"ann\", no encryption\"");
        }
    }

    @Test
    void aChangedFileCountsForTheNextLoginAndABrokenOneDoesNot() throws IOException {
        write("host all all all trust");
        try (TestPooler pooler = pooler();
                LogCapture log = LogCapture.everything()) {
            assertThat(asked(pooler, "ann", "")).isEqualTo("Authentication 0");
            write("host all all all password", LONG_AGO.plusSeconds(1));
            assertThat(asked(pooler, "ann", "secret")).isEqualTo("Authentication 3");
            write("host all all all trust\nhost all all all trsut", LONG_AGO.plusSeconds(2));
            assertThat(asked(pooler, "ann", "secret")).isEqualTo("Authentication 3");
            assertThat(log.text()).contains("WARN access rules not reloaded", hba + ":2: method: \"trsut\"");
        }
    }

    @Test
    void aBrokenFileIsToldWhenThePoolerIsBuilt() throws IOException {
        write("host all all all trsut\nhots all all all trust");
        assertThatThrownBy(this::pooler)
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.problems()).hasSize(2))
                .hasMessageContaining(hba + ":1: method: \"trsut\"")
                .hasMessageContaining(hba + ":2: connection type: \"hots\"");
        assertThatThrownBy(() -> PgPool.builder()
                        .identFile(ident)
                        .clientAuthentication(ClientAuthentication.AUTHENTICATOR)
                        .database("app", db -> {})
                        .build())
                .hasMessageContaining("auth.identFile: " + ident + " (expected: none without an hbaFile")
                .hasMessageContaining("auth.method: AUTHENTICATOR (expected: an authenticator with it)");
    }

    @Test
    void rejectWithoutAFileRefusesEverybody() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.REJECT)
                .database("app", db -> TestPooler.at(db, postgres)))) {
            assertThat(refusal(pooler, "ann", ""))
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"28000\" M \"login rejected for user \"ann\"\"");
        }
    }

    @Test
    void certificatesNeedTls() {
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.CERT)
                        .database("app", db -> TestPooler.at(db, postgres)))) {
            assertThat(refusal(pooler, "ann", ""))
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"28000\" M \"certificate authentication failed for user"
                            + " \"ann\"\"");
            assertThat(log.text()).contains("reason=no certificate that TLS has verified");
        }
    }

    @Test
    void theSystemSaysWhoIsAtTheOtherEndOfAUnixSocket() throws IOException {
        String me = System.getProperty("user.name");
        write("""
                local all app peer map=me
                local all all peer
                """);
        Files.writeString(ident, "me " + me + " app\n");
        try (TestPooler pooler = TestPooler.start(builder -> builder.unixSocketDirectory(directory)
                        .hbaFile(hba)
                        .identFile(ident)
                        .database("app", db -> TestPooler.at(db, postgres)));
                LogCapture log = LogCapture.everything()) {
            var socket = UnixDomainSocketAddress.of(
                    directory.resolve(".s.PGSQL." + pooler.address().getPort()));
            try (WireClient mapped = WireClient.connect(socket)) {
                mapped.startup("app", "app").awaitLogin("");
                assertThat(mapped.value("SELECT current_user")).isEqualTo("app");
            }
            try (WireClient self = WireClient.connect(socket)) {
                // may log in to the pooler, whatever the server says to it
                assertThat(self.startup(me, "app").authenticate("").toString())
                        .doesNotContain("Peer authentication failed");
            }
            try (WireClient other = WireClient.connect(socket)) {
                assertThat(other.startup("somebody_else", "app")
                                .authenticate("")
                                .toString())
                        .isEqualTo("ErrorResponse S \"FATAL\" C \"28000\" M \"Peer authentication failed for user"
                                + " \"somebody_else\"\"");
            }
            assertThat(log.text()).contains("the peer is \"" + me + "\", who may not be this user by " + hba + ":2");
            assertThat(refusal(pooler, "app", "")).contains("no pg_hba.conf entry for host \"127.0.0.1\"");
        }
    }

    @Test
    void peerByTcpLetsNobodyIn() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.PEER)
                .database("app", db -> TestPooler.at(db, postgres)))) {
            assertThat(refusal(pooler, System.getProperty("user.name"), "")).contains("Peer authentication failed");
        }
    }

    // ---- helpers

    private TestPooler pooler() {
        return TestPooler.start(builder -> builder.hbaFile(hba)
                .identFile(ident)
                .credentials(CredentialStore.of(
                        Map.of("ann", "secret", "bob", "secret", "carl", "secret", "dora", "secret")))
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).user(TestPostgres.USER)));
    }

    private void write(String rules) throws IOException {
        write(rules, LONG_AGO);
    }

    private void write(String rules, Instant modified) throws IOException {
        Files.writeString(hba, rules);
        Files.setLastModifiedTime(hba, FileTime.from(modified));
    }

    /** The first message of a login that succeeds. */
    private static String asked(TestPooler pooler, String user, String password) {
        try (WireClient client = pooler.connect()) {
            client.startup(user, TestPostgres.DATABASE).awaitLogin(password);
            List<String> answers = client.transcript().lines().stream()
                    .filter(line -> line.startsWith("B "))
                    .toList();
            return answers.get(0).substring(2);
        }
    }

    private static String refusal(TestPooler pooler, String user, String password) {
        try (WireClient client = pooler.connect()) {
            Message answer = client.startup(user, TestPostgres.DATABASE).authenticate(password);
            return answer.toString();
        }
    }
}
