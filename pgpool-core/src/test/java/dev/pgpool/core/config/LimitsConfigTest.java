package dev.pgpool.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LimitsConfigTest {
    private static final Duration NEGATIVE = Duration.ofSeconds(-1);

    @Test
    void badLimitsAreReportedTogether() {
        assertProblems(
                db -> db.maxConnections(-1)
                        .reserveConnections(-2)
                        .maxParallelConnects(0)
                        .maxServerConnections(-3),
                "databases.app.maxConnections: -1 (expected: 0 to 10000)",
                "databases.app.reserveConnections: -2 (expected: 0 to 10000)",
                "databases.app.maxParallelConnects: 0 (expected: 1 to 1000)",
                "databases.app.maxServerConnections: -3 (expected: 0 to 10000)");
        assertProblems(
                db -> db.maxConnections(5).minConnections(6).maxClients(-1).reserveTimeout(NEGATIVE),
                "databases.app.minConnections: 6 (expected: 0 to 5)",
                "databases.app.reserveTimeout: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.maxClients: -1 (expected: 0 to 1000000)");
    }

    @Test
    void badTimesAreReportedTogether() {
        assertProblems(
                db -> db.queryTimeout(NEGATIVE)
                        .transactionTimeout(NEGATIVE)
                        .idleInTransactionTimeout(NEGATIVE)
                        .clientIdleTimeout(NEGATIVE)
                        .cancelTimeout(Duration.ZERO)
                        .waitNotice(NEGATIVE),
                "databases.app.waitNotice: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.queryTimeout: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.transactionTimeout: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.idleInTransactionTimeout: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.clientIdleTimeout: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.cancelTimeout: PT0S (expected: > 0, at most 365 days)");
        assertProblems(
                db -> db.serverLifetime(NEGATIVE)
                        .serverIdleTimeout(NEGATIVE)
                        .serverCheckDelay(NEGATIVE)
                        .serverCheckQuery("SELECT '\0'")
                        .serverCheckTimeout(Duration.ZERO)
                        .poolIdleTimeout(NEGATIVE)
                        .autoDatabaseIdleTimeout(NEGATIVE),
                "databases.app.serverLifetime: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.serverIdleTimeout: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.serverCheckDelay: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.serverCheckQuery: text with a zero byte (expected: text without)",
                "databases.app.serverCheckTimeout: PT0S (expected: > 0, at most 365 days)",
                "databases.app.poolIdleTimeout: PT-1S (expected: >= 0, at most 365 days)",
                "databases.app.autoDatabaseIdleTimeout: PT-1S (expected: >= 0, at most 365 days)");
    }

    @Test
    void badUsersAreReportedTogether() {
        assertThatThrownBy(() -> PgPool.builder()
                        .database("app", db -> {})
                        .user(
                                "u",
                                user -> user.maxConnections(-1)
                                        .maxServerConnections(-2)
                                        .maxClients(-3)
                                        .queryTimeout(NEGATIVE))
                        .build())
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "users.u.maxConnections: -1 (expected: 0 to 10000)",
                                        "users.u.maxServerConnections: -2 (expected: 0 to 10000)",
                                        "users.u.maxClients: -3 (expected: 0 to 1000000)",
                                        "users.u.queryTimeout: PT-1S (expected: >= 0, at most 365 days)"));
        assertThatThrownBy(() -> PgPool.builder()
                        .database("app", db -> {})
                        .user("u", user -> {})
                        .user("u", user -> {})
                        .build())
                .hasMessage("users.u: given twice (expected: once)");
    }

    @Test
    void entryOfAUserGoesAheadOfWhatTheDatabaseSays() {
        PoolConfig database = new DatabaseBuilder("app")
                .mode(PoolMode.SESSION)
                .maxConnections(10)
                .minConnections(5)
                .queryTimeout(Duration.ofSeconds(1))
                .transactionTimeout(Duration.ofSeconds(2))
                .build()
                .pool();

        PoolConfig small = database.with(new UserBuilder("u")
                .mode(PoolMode.STATEMENT)
                .maxConnections(3)
                .queryTimeout(Duration.ZERO)
                .build());

        assertThat(small.mode()).contains(PoolMode.STATEMENT);
        assertThat(small.limits().maxConnections()).isEqualTo(3);
        assertThat(small.limits().minConnections())
                .as("no more than the maximum")
                .isEqualTo(3);
        assertThat(small.timeouts().query()).isZero();
        assertThat(small.timeouts().transaction()).isEqualTo(Duration.ofSeconds(2));
        assertThat(database.with(new UserBuilder("u").build())).isEqualTo(database);
    }

    private static void assertProblems(Consumer<DatabaseBuilder> description, String... problems) {
        assertThatThrownBy(() -> PgPool.builder().database("app", description).build())
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.problems()).containsExactly(problems));
    }
}
