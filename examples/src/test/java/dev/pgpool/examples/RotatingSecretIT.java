package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatingSecretIT {

    private static final TestPostgres POSTGRES = TestPostgres.shared(18);

    @Test
    void newSecretsCountWithoutARestart(@TempDir Path secrets) throws Exception {
        String role = POSTGRES.createRole("scram-sha-256", "first password");
        put(secrets, "token", "first token\n");
        put(secrets, "password", "first password\n");
        try (PgPool pool = RotatingSecret.pooler(secrets, "127.0.0.1", POSTGRES.port(), role)
                .start()) {
            String url = "jdbc:postgresql://127.0.0.1:" + pool.address().getPort() + "/app";
            int before = backend(url, "first token", role);

            put(secrets, "token", "second token\n");
            assertThatThrownBy(() -> backend(url, "first token", role))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed for user \"client\"");
            assertThat(backend(url, "second token", role))
                    .as("the server that is there")
                    .isEqualTo(before);

            POSTGRES.execute("ALTER ROLE " + role + " PASSWORD 'second password'");
            put(secrets, "password", "second password\n");
            POSTGRES.terminateBackend(before);
            assertThat(backend(url, "second token", role)).isNotEqualTo(before);
        }
    }

    private static int backend(String url, String token, String role) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "client", token);
                ResultSet row = connection.createStatement().executeQuery("SELECT pg_backend_pid(), current_user")) {
            row.next();
            assertThat(row.getString(2)).isEqualTo(role);
            return row.getInt(1);
        }
    }

    /** As a mounted Secret changes: whole or not at all. */
    private static void put(Path directory, String name, String content) throws Exception {
        Path fresh = Files.writeString(directory.resolve("..new"), content);
        Files.move(fresh, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }
}
