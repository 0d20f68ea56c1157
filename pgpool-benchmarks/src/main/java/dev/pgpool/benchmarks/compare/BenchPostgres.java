package dev.pgpool.benchmarks.compare;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The server behind all contenders: a fresh PostgreSQL from the embedded binaries, without passwords. */
final class BenchPostgres implements AutoCloseable {
    static final String USER = "postgres";
    static final String DATABASE = "postgres";

    /** For those who ask for one: PostgreSQL itself does not. */
    static final String PASSWORD = "benchmark";

    private final EmbeddedPostgres server;

    private BenchPostgres(EmbeddedPostgres server) {
        this.server = server;
    }

    static BenchPostgres start(Certificates certificates) throws IOException {
        return new BenchPostgres(EmbeddedPostgres.builder()
                .setServerConfig("max_connections", "300")
                .setServerConfig("shared_buffers", "256MB")
                .setServerConfig("fsync", "off")
                .setServerConfig("autovacuum", "off")
                .setServerConfig("ssl", "on")
                .setServerConfig(
                        "ssl_cert_file", certificates.serverCertificate().toString())
                .setServerConfig("ssl_key_file", certificates.serverKey().toString())
                .start());
    }

    int port() {
        return server.getPort();
    }

    String version() throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW server_version")) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
