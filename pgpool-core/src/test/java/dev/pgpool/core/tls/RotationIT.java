package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Secrets for servers that change while the pooler runs. */
@OnEveryPostgres
class RotationIT {

    private final TestPostgres postgres;

    RotationIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void aSecretThatChangedBetweenOurLookAndTheServersIsTriedAtOnce() {
        String role = postgres.createRole("scram-sha-256", "new");
        Queue<String> answers = new ArrayDeque<>(List.of("old", "new"));
        try (TestPooler pooler = pooler(role, answers);
                WireClient client = pooler.connect()) {
            client.startup(role, TestPostgres.DATABASE).awaitLogin("");
            assertThat(client.value("SELECT current_user")).isEqualTo(role);
            assertThat(answers).isEmpty();
        }
    }

    @Test
    void aSecretThatStaysWrongIsTriedOnceAndAnotherWrongOneOnceMore() {
        String role = postgres.createRole("scram-sha-256", "right");
        for (Queue<String> answers : List.of(
                new ArrayDeque<>(List.of("wrong", "wrong", "right")),
                new ArrayDeque<>(List.of("wrong", "wrong too", "right")))) {
            try (TestPooler pooler = pooler(role, answers);
                    WireClient client = pooler.connect()) {
                client.startup(role, TestPostgres.DATABASE);
                assertThat(client.readUntilClosed())
                        .last()
                        .asString()
                        .contains("C \"28P01\"", "password authentication failed for user \"" + role + "\"");
                assertThat(answers).containsExactly("right");
            }
        }
    }

    private TestPooler pooler(String role, Queue<String> answers) {
        CredentialStore store = (database, user) -> CompletableFuture.completedFuture(
                user.equals(role) ? Optional.of(new Credential.Plain(answers.remove())) : Optional.empty());
        return TestPooler.start(builder -> builder.credentials(store)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).connectRetryDelay(Duration.ofMinutes(10))));
    }
}
