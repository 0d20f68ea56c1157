package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.event.ConnectFailure;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.ServerInfo;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The name of the server that is asked for secrets is known not to exist: an attempt then fails without any wait. */
class UnknownAuthHostIT {

    @Test
    void attemptsAreAsFarApartAsTheyHaveToBe() {
        AtomicInteger attempts = new AtomicInteger();
        try (TestPooler pooler = TestPooler.start(builder -> builder.eventLoops(1)
                        .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        .dnsNxdomainTtl(Duration.ofSeconds(5))
                        .authQuery(query -> query.user("asker").password("secret"))
                        .listener(new PgPoolListener() {
                            @Override
                            public void onServerAttemptFailed(
                                    ServerInfo server, ConnectFailure failure, String sqlState, String words) {
                                attempts.incrementAndGet();
                            }
                        })
                        .database("app", db -> db.host("nowhere.invalid").connectRetryDelay(Duration.ofMillis(100))));
                WireClient client = pooler.connect()) {
            client.startup("whoever", "app");
            client.send();
            await().atMost(Wire.PATIENCE).until(() -> attempts.get() >= 3);
            assertThat(pooler.pool().healthy()).isTrue();
            assertThat(attempts.get()).isLessThan(100);
        }
    }
}
