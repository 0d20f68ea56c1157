package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What arrives together with the last message of a phase reaches the next phase. */
class LoginHandOverIT {
    private static final String SECRET = "a secret";

    private final TestPostgres postgres = TestPostgres.shared(18);

    private TestPooler pooler(ClientAuthentication method, String role) {
        return TestPooler.start(settings -> settings.clientAuthentication(method)
                .credentials(CredentialStore.of(Map.of(role, SECRET)))
                .adminUsers(role)
                .eventLoops(2)
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(2)));
    }

    @ParameterizedTest
    @EnumSource(names = {"TRUST", "PASSWORD", "MD5", "SCRAM_SHA_256"})
    void queriesBehindTheLastMessageOfALoginAreAnswered(ClientAuthentication method) {
        String role = postgres.createRole("trust", SECRET);
        try (TestPooler pooler = pooler(method, role)) {
            // the first client of a pool has to wait for a server, later ones do not; keys are remembered from the
            // second on
            for (int i = 0; i < 12; i++) {
                try (WireClient client = pooler.connect()) {
                    client.startup(role, TestPostgres.DATABASE, "application_name", "n" + i % 3);
                    client.query("SELECT 'behind'").query("SELECT 'both'");
                    client.behindLastResponse(client.takeQueued());
                    client.awaitLogin(SECRET);
                    assertThat(client.readUntilReady()).as("round %s", i).contains("DataRow 1 6 'behind'");
                    assertThat(client.readUntilReady()).as("round %s", i).contains("DataRow 1 4 'both'");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PASSWORD", "MD5", "SCRAM_SHA_256"})
    void halfAQueryBehindALoginWaitsForItsRest(ClientAuthentication method) {
        String role = postgres.createRole("trust", SECRET);
        byte[] query = Frontend.query("SELECT 'whole'");
        Random random = new Random();
        try (TestPooler pooler = pooler(method, role)) {
            for (int i = 0; i < 10; i++) {
                int split = 1 + random.nextInt(query.length - 1);
                try (WireClient client = pooler.connect()) {
                    client.startup(role, TestPostgres.DATABASE);
                    ByteArrayOutputStream half = new ByteArrayOutputStream();
                    half.write(query, 0, split);
                    client.behindLastResponse(half.toByteArray()).awaitLogin(SECRET);
                    client.sendRaw(query, split, query.length);
                    assertThat(client.readUntilReady()).as("split at %s", split).contains("DataRow 1 5 'whole'");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PASSWORD", "MD5", "SCRAM_SHA_256"})
    void aCommandBehindALoginReachesTheConsole(ClientAuthentication method) {
        String role = postgres.createRole("trust", SECRET);
        try (TestPooler pooler = pooler(method, role)) {
            for (int i = 0; i < 3; i++) {
                try (WireClient client = pooler.connect().startup(role, "pgbouncer")) {
                    client.behindLastResponse(Frontend.query("SHOW VERSION")).awaitLogin(SECRET);
                    assertThat(client.readUntilReady()).anyMatch(line -> line.startsWith("DataRow"));
                }
            }
        }
    }

    @Test
    void aTerminateBehindALoginEndsIt() {
        String role = postgres.createRole("trust", SECRET);
        try (TestPooler pooler = pooler(ClientAuthentication.MD5, role)) {
            for (int i = 0; i < 3; i++) {
                try (WireClient client = pooler.connect().startup(role, TestPostgres.DATABASE)) {
                    client.behindLastResponse(Frontend.terminate()).awaitLogin(SECRET);
                    assertThat(client.isClosedByPeer()).isTrue();
                }
            }
        }
    }
}
