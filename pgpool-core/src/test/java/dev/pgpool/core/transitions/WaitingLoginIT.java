package dev.pgpool.core.transitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client has been let in, and waits for the server that its login needs, when the settings change. */
@OnEveryPostgres
class WaitingLoginIT {
    private final TestPostgres postgres;

    WaitingLoginIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPoolBuilder settings(ClientAuthentication method, String password, Duration notice) {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .eventLoops(2)
                .clientAuthentication(method)
                .credentials(CredentialStore.of(Map.of(TestPostgres.USER, password)))
                .database(
                        "app",
                        db -> TestPooler.at(db, postgres).maxConnections(1).waitNotice(notice));
    }

    @ParameterizedTest(name = "{0} to {1} with {2}, told of waiting: {3}")
    @CsvSource({
        "TRUST, MD5, secret, false, Authentication 5",
        "TRUST, SCRAM_SHA_256, secret, false, Authentication 10",
        "TRUST, REJECT, secret, false, login rejected",
        "TRUST, TRUST, other, false, Authentication 0",
        "TRUST, MD5, secret, true, the configuration changed while",
        "TRUST, REJECT, secret, true, login rejected",
        "TRUST, TRUST, other, true, ParameterStatus",
        "SCRAM_SHA_256, SCRAM_SHA_256, secret, false, Authentication 0",
        "SCRAM_SHA_256, SCRAM_SHA_256, secret, true, ParameterStatus",
        "SCRAM_SHA_256, SCRAM_SHA_256, other, false, the configuration changed while",
        "SCRAM_SHA_256, SCRAM_SHA_256, other, true, the configuration changed while",
        "SCRAM_SHA_256, MD5, secret, false, the configuration changed while",
        "SCRAM_SHA_256, TRUST, secret, false, Authentication 0",
        "SCRAM_SHA_256, REJECT, secret, false, login rejected"
    })
    void isJudgedByTheNewOnes(
            ClientAuthentication before, ClientAuthentication after, String password, boolean told, String answer) {
        Duration notice = told ? Duration.ofMillis(50) : Duration.ZERO;
        try (PgPool pool = settings(before, "secret", notice).build().start();
                WireClient busy =
                        WireClient.connect(pool.address()).startup("app", "app").awaitLogin("secret");
                WireClient waiting = WireClient.connect(pool.address())) {
            busy.run("BEGIN");
            // which no server has taken yet
            waiting.startup("app", "app", "options", "-c work_mem=7MB");
            if (before == ClientAuthentication.SCRAM_SHA_256) {
                waiting.answerScram("secret");
            }
            if (told) {
                assertThat(waiting.readUntil('N')).last().asString().contains("client being queued");
            }
            await().atMost(Wire.PATIENCE)
                    .until(() -> pool.snapshot().pools().get(0).clientsWaiting() == 1);
            pool.reload(settings(after, password, notice).config());
            busy.run("COMMIT");
            assertThat(waiting.read().toString()).contains(answer);
            assertThat(pool.snapshot().pools().get(0).clients()).isLessThanOrEqualTo(2);
            assertThat(busy.value("SELECT 'goes on'")).isEqualTo("goes on");
        }
    }
}
