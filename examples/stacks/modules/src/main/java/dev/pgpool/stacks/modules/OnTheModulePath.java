package dev.pgpool.stacks.modules;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.Map;

/**
 * The libraries as modules: a query through the pooler, a backup, a look at a certificate. Arguments: the port of a PostgreSQL whose
 * user app has the password geheim, a directory, the port of a TLS server.
 */
public final class OnTheModulePath {
    private OnTheModulePath() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        Path directory = Path.of(arguments[1]);
        try (PgPool pool = PgPool.builder()
                        .listen("127.0.0.1", 0)
                        .credentials(CredentialStore.of(Map.of("app", "geheim")))
                        .database("postgres", db -> db.host("127.0.0.1").port(port))
                        .build()
                        .start();
                Connection connection = DriverManager.getConnection(pool.jdbcUrl("postgres"), "app", "geheim");
                ResultSet row = connection.createStatement().executeQuery("SELECT 'pooled'")) {
            row.next();
            System.out.println(PgPool.class.getModule() + ": " + row.getString(1));
            try (Connection inProcess = pool.dataSource("postgres", "app").getConnection()) {
                System.out.println("in-process: " + inProcess.isValid(10));
            }
        }
        try (BackupEngine engine = BackupEngine.builder()
                .source(PgServer.of("127.0.0.1", port, "app", "geheim"))
                .store(new DirectoryStore(directory))
                .build()) {
            System.out.println(BackupEngine.class.getModule() + ": "
                    + (engine.run().succeeded() ? "backed up" : "failed"));
        }
        System.out.println(CertWatch.class.getModule() + ": "
                + CertWatch.check("tls://localhost:" + arguments[2]).table());
    }
}
