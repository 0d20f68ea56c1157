package dev.pgpool.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A transaction pooler in the way is found before it does harm. */
class PooledSourceIT {

    @TempDir
    Path directory;

    @Test
    void aTransactionPoolerIsRefused() throws Exception {
        try (PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .credentials(CredentialStore.of(Map.of("postgres", "secret")))
                .database(
                        "postgres",
                        db -> db.host("127.0.0.1")
                                .port(Source.postgres().port())
                                .maxConnections(4))
                .build()
                .start()) {
            PgServer pooled = PgServer.of("127.0.0.1", pool.address().getPort(), "postgres", "secret");
            try (BackupEngine engine = Source.engine(new DirectoryStore(directory), "postgres")
                    .source(pooled)
                    .dumpCommand(FakeDump.script(directory, "archive 1"))
                    .build()) {
                RunReport run = engine.run();

                assertThat(run.outcome()).isEqualTo(RunReport.Outcome.FAILURE);
                assertThat(run.message()).contains("is a pooler that shares backends");
            }
        }
    }
}
