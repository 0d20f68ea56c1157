package dev.pgpool.stacks.micronaut;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.backup.BackupEngine;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.core.PgPool;
import io.micronaut.context.ApplicationContext;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole life of the application: Flyway and Hikari through the pooler, and the end. */
class ApplicationIT {

    @Test
    void dataSourcesGoThroughThePoolerWhichBeginsBeforeThemAndEndsAfterThem(@TempDir Path directory) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            try (Connection connection = postgres.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE ROLE app LOGIN PASSWORD 'geheim' SUPERUSER");
                statement.execute("CREATE DATABASE app OWNER app");
            }
            PgPool pool;
            HikariDataSource dataSource;
            Witness witness;
            try (ApplicationContext context = ApplicationContext.run(Map.of(
                    "pooler.port", 0,
                    "db.host", "127.0.0.1",
                    "db.port", postgres.getPort(),
                    "db.password", "geheim",
                    "backup.directory", directory.toString(),
                    "certificates", "tls://127.0.0.1:1"))) {
                witness = context.getBean(Witness.class);
                dataSource = context.getBean(DataSource.class).unwrap(HikariDataSource.class);
                witness.sees(dataSource);
                pool = context.getBean(PgPool.class);
                Accounts accounts = context.getBean(Accounts.class);
                accounts.transfer("ada", "bob", 30);
                assertThrows(IllegalArgumentException.class, () -> accounts.transfer("ada", "bob", 1000));
                assertEquals(70, accounts.balance("ada"));
                assertEquals(30, accounts.balance("bob"));

                assertFalse(pool.clients().isEmpty());
                assertTrue(context.getBean(BackupEngine.class).run().succeeded());
                CertWatch watch = context.getBean(CertWatch.class);
                watch.awaitFirstSweep(Duration.ofSeconds(30));
                assertEquals(1, watch.snapshot().reports().size());
            }
            assertFalse(pool.healthy());
            assertTrue(dataSource.isClosed());
            assertEquals("data source closed, pooler serves", witness.atTheEnd());
        }
    }
}
