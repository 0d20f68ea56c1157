package dev.pgpool.stacks.quarkus;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A PostgreSQL for the application, and a port for its pooler. */
public class Database implements QuarkusTestResourceLifecycleManager {
    private EmbeddedPostgres postgres;

    @Override
    public Map<String, String> start() {
        try {
            postgres = EmbeddedPostgres.start();
            try (Connection connection = postgres.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE ROLE app LOGIN PASSWORD 'geheim' SUPERUSER");
                statement.execute("CREATE DATABASE app OWNER app");
            }
            return Map.of(
                    "db.host", "127.0.0.1",
                    "db.port", String.valueOf(postgres.getPort()),
                    "db.password", "geheim",
                    "pooler.port", String.valueOf(freePort()),
                    "backup.directory", Files.createTempDirectory("backups").toString(),
                    "certificates", "tls://127.0.0.1:1",
                    "quarkus.datasource.jdbc.acquisition-timeout", "60s");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        try {
            postgres.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
