package dev.pgpool.examples;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;

/** A pooler inside the process that uses it, and one question asked through it. */
public final class EmbeddedPooler {
    private EmbeddedPooler() {}

    public static void main(String[] args) throws IOException, SQLException {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            System.out.println(serverVersion("localhost", postgres.getPort()));
        }
    }

    static String serverVersion(String host, int port) throws SQLException {
        // README: begin
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .credentials(CredentialStore.of(Map.of("postgres", "secret")))
                .database("postgres", db -> db.host(host).port(port).maxConnections(20))
                .build()
                .start()) {
            String url = pool.jdbcUrl("postgres");
            try (Connection connection = DriverManager.getConnection(url, "postgres", "secret");
                    ResultSet row = connection.createStatement().executeQuery("SHOW server_version")) {
                row.next();
                return row.getString(1);
            }
        }
        // README: end
    }
}
