package dev.pgpool.core.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pooler tells of itself: a URL for drivers, a line for people. */
@OnEveryPostgres
class JdbcUrlIT {
    private static final String PASSWORD = "geheim";

    private final TestPostgres postgres;

    JdbcUrlIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPoolBuilder builder(String host, String database) {
        return PgPool.builder()
                .listen(host, 0)
                .credentials(CredentialStore.of(Map.of(TestPostgres.USER, PASSWORD)))
                .database(database, db -> TestPooler.at(db, postgres).databaseName(TestPostgres.DATABASE));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "localhost, 127.0.0.1",
        "*, localhost",
        "0.0.0.0, localhost",
        "::1, [0:0:0:0:0:0:0:1]"
    })
    void namesWhereClientsConnectTo(String host, String told) throws SQLException {
        try (PgPool pool = builder(host, "app").build().start()) {
            assertThat(pool.jdbcUrl("app"))
                    .isEqualTo(
                            "jdbc:postgresql://" + told + ":" + pool.address().getPort() + "/app");
            assertThat(query(pool, "app")).isEqualTo(TestPostgres.DATABASE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"app", "a b", "a/b", "a?b=c", "a&b", "100%", "a+b", "\u00fcber", "#1", "a:b", "%41"})
    void databaseMayHaveAnyName(String database) throws SQLException {
        try (PgPool pool = builder("127.0.0.1", database).build().start()) {
            assertThat(query(pool, database)).isEqualTo(TestPostgres.DATABASE);
        }
    }

    private static String query(PgPool pool, String database) throws SQLException {
        try (Connection connection = DriverManager.getConnection(pool.jdbcUrl(database), TestPostgres.USER, PASSWORD);
                ResultSet row = connection.createStatement().executeQuery("SELECT current_database()")) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void lineForPeopleTellsWhereAndWhatAndNoSecret() throws SQLException {
        PgPool pool = builder("127.0.0.1", "app").build();
        assertThat(pool).hasToString("PgPool[pgpool, NEW, databases [app], clients 0]");
        assertThatThrownBy(() -> pool.jdbcUrl("app")).isInstanceOf(IllegalStateException.class);
        try (pool) {
            pool.start();
            try (Connection connection =
                    DriverManager.getConnection(pool.jdbcUrl("app"), TestPostgres.USER, PASSWORD)) {
                assertThat(connection.isValid(5)).isTrue();
                assertThat(pool)
                        .hasToString("PgPool[pgpool, /127.0.0.1:"
                                + pool.address().getPort() + ", databases [app], clients 1]");
            }
        }
        assertThat(pool.toString()).contains("CLOSED").doesNotContain(PASSWORD);
    }
}
