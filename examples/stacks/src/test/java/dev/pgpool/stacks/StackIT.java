package dev.pgpool.stacks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import io.netty.util.Version;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a service of this stack does first: a query through the pooler, a backup, a look at a certificate. */
class StackIT {
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("Netty: " + Version.identify().get("netty-common"));
        postgres = EmbeddedPostgres.start();
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            connection.createStatement().execute("CREATE ROLE app LOGIN PASSWORD 'geheim' SUPERUSER");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
    }

    @Test
    void aQueryGoesThroughThePooler() throws Exception {
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .credentials(CredentialStore.of(Map.of("app", "geheim")))
                .database("postgres", db -> db.host("127.0.0.1").port(postgres.getPort()))
                .build()
                .start()) {
            String url = "jdbc:postgresql://127.0.0.1:" + pool.address().getPort() + "/postgres";
            try (Connection connection = DriverManager.getConnection(url, "app", "geheim");
                    ResultSet row = connection.createStatement().executeQuery("SELECT 'pooled'")) {
                row.next();
                assertEquals("pooled", row.getString(1));
            }
        }
    }

    @Test
    void aQueryGoesThroughThePoolerWithoutASocket() throws Exception {
        try (PgPool pool = PgPool.builder()
                        .database("postgres", db -> db.host("127.0.0.1")
                                .port(postgres.getPort())
                                .user("app")
                                .password("geheim"))
                        .build()
                        .start();
                Connection connection = pool.dataSource("postgres").getConnection();
                ResultSet row = connection.createStatement().executeQuery("SELECT 'in-process'")) {
            row.next();
            assertEquals("in-process", row.getString(1));
        }
    }

    @Test
    void aBackupIsTaken(@TempDir Path directory) {
        try (BackupEngine engine = BackupEngine.builder()
                .source(PgServer.of("127.0.0.1", postgres.getPort(), "app", "geheim"))
                .store(new DirectoryStore(directory))
                .build()) {
            RunReport report = engine.run();
            assertTrue(report.succeeded(), report::message);
        }
    }

    @Test
    void aCertificateIsLookedAt(@TempDir Path directory) throws Exception {
        try (CertificateServer server = CertificateServer.start(directory)) {
            try (CertWatch watch = CertWatch.builder()
                    .target("tls://localhost:" + server.port())
                    .build()) {
                watch.start();
                watch.awaitFirstSweep(Duration.ofSeconds(30));
                String table = watch.snapshot().table();
                assertTrue(table.contains("CN=stack") || table.contains("stack"), table);
            }
        }
    }
}
