package dev.pgpool.backup.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.RunReport;
import dev.pgpool.backup.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ways to the server other than host, port and a password in the environment. */
class ConnectionIT {

    @TempDir
    Path directory;

    @Test
    void aPasswordReachesProgramsBehindAPrefixThatPassesNoEnvironmentOn() throws Exception {
        String database = Source.sampleDatabase();
        String password = "it's \\ \"odd\" p:w";
        String role = Source.postgres().createRole("scram-sha-256", password);
        Source.postgres().execute("ALTER ROLE " + role + " SUPERUSER");
        Path passFile = directory.resolve("pass 'file");
        Files.createFile(passFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                passFile, "*:*:*:" + role + ":" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n");
        PgServer server = PgServer.builder()
                .host("127.0.0.1")
                .port(Source.postgres().port())
                .user(role)
                .password(password)
                .build();
        String path = "PATH=" + System.getenv("PATH");
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("s")), database)
                .source(server)
                .verifyOn(server)
                .dumpCommand("env", "-i", path, "pg_dump")
                .restoreCommand("env", "-i", path, "pg_restore")
                .toolPassFile(passFile.toString())
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("t")), database)
                .source(server)
                .dumpCommand("env", "-i", path, "pg_dump")
                .build()) {
            assertThat(engine.run().message()).as("without the file").contains("password");
        }
    }

    @Test
    void aUnixSocketIsAWayToTheServerForQuestionsAndForTools() {
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of("unix_socket_directories", directory.toString()))) {
            postgres.executeIn("app", "CREATE TABLE t AS SELECT generate_series(1, 100) i");
            PgServer server = PgServer.builder()
                    .host(directory.toString())
                    .port(postgres.port())
                    .user(TestPostgres.SUPERUSER)
                    .build();
            try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("s")), "app")
                    .source(server)
                    .verifyOn(server)
                    .build()) {
                RunReport run = engine.run();
                assertThat(run.message()).isEmpty();
                assertThat(engine.verify("app", run.id(), VerifyLevel.CHECKED).problems())
                        .isEmpty();
            }
        }
    }

    @Test
    void allThatIsWrongWithAServerIsSaidAtOnce() {
        assertThatThrownBy(() -> PgServer.builder()
                        .host(" ")
                        .port(0)
                        .user("x".repeat(64))
                        .sslMode("maybe")
                        .connectTimeout(Duration.ZERO)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "host: empty", "port: 0", "user: 64 bytes", "sslMode: \"maybe\"", "connectTimeout");
    }
}
