package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.examples.quickstart.BackupSection;
import dev.pgpool.examples.quickstart.BankServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of backups where something is missing, and how they are set up. */
class BackupExamplesIT {

    private static final Map<String, String> S3 = Map.of(
            "S3_ENDPOINT", "http://127.0.0.1:9000",
            "S3_BUCKET", "backups",
            "S3_ACCESS_KEY", "someone",
            "S3_SECRET_KEY", "tell-no-one");

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    @Test
    void withoutPgDumpTheReasonAndThePackageAreToldAndThatIsAll() {
        TestPostgres postgres = TestPostgres.shared(18);
        PgServer server = PgServer.of("127.0.0.1", postgres.port(), "postgres", "");
        BackupDemo demo = new BackupDemo(server, () -> new DirectoryStore(directory), out, "/no/such/place/pg_dump");

        assertThat(demo.run()).isEqualTo(BackupDemo.Outcome.NOT_POSSIBLE_HERE);

        assertThat(printed())
                .contains("not shown here: cannot start \"/no/such/place/pg_dump\"")
                .contains("apt install postgresql-client")
                .doesNotContain("Exception", "\tat ");
        assertThat(postgres.query("SELECT datname FROM pg_database WHERE datname LIKE 'quickstart%'"))
                .isEmpty();
    }

    @Test
    void aRoleThatMayNotCreateDatabasesIsNoFailure() {
        TestPostgres postgres = TestPostgres.shared(18);
        PgServer server = PgServer.of("127.0.0.1", postgres.port(), TestPostgres.USER, "");

        assertThat(new BackupDemo(server, () -> new DirectoryStore(directory), out).run())
                .isEqualTo(BackupDemo.Outcome.NOT_POSSIBLE_HERE);
        assertThat(printed()).contains("not shown here: ", "permission denied to create database");
    }

    @Test
    void settingsOfS3AreUsedAndAMissingOneIsNamed() throws Exception {
        try (ObjectStore store = BackupDemo.store(S3, directory);
                ObjectStore other = BackupDemo.store(Map.of(), directory)) {
            assertThat(store.describe()).isEqualTo("s3 http://127.0.0.1:9000/backups");
            assertThat(other.describe()).contains(directory.toString());
        }
        Map<String, String> incomplete = new HashMap<>(S3);
        incomplete.remove("S3_SECRET_KEY");
        assertThatThrownBy(() -> BackupDemo.store(incomplete, directory))
                .hasMessage("S3_SECRET_KEY: missing (expected: a value, since S3_ENDPOINT is set)");
        BankServer nowhere = BankServer.at("postgresql://postgres@127.0.0.1:1/postgres");
        assertThat(BackupSection.show(nowhere, incomplete, out)).isFalse();
        assertThat(printed()).contains("S3_SECRET_KEY: missing");
    }

    @Test
    void aStoreThatIsNotThereIsToldAndIsAFailure() {
        TestPostgres postgres = TestPostgres.shared(18);
        PgServer server = PgServer.of("127.0.0.1", postgres.port(), "postgres", "");
        Map<String, String> nowhere = new HashMap<>(S3);
        nowhere.put("S3_ENDPOINT", "http://127.0.0.1:1");

        assertThat(new BackupDemo(server, () -> BackupDemo.store(nowhere, directory), out).run())
                .isEqualTo(BackupDemo.Outcome.WRONG);

        assertThat(printed()).contains("127.0.0.1").doesNotContain("\tat ", "tell-no-one");
        assertThat(postgres.query("SELECT datname FROM pg_database WHERE datname LIKE 'quickstart%'"))
                .isEmpty();
    }

    @Test
    void theNightlyBackupIsSetUpByTheEnvironment() {
        try (BackupEngine engine = NightlyBackup.engine(
                Map.of("PGHOST", "db.example.org", "PGPORT", "5433", "PGUSER", "backup", "PGPASSWORD", "geheim"))) {
            assertThat(engine.config().source().toString()).isEqualTo("backup@db.example.org:5433");
            assertThat(Objects.requireNonNull(engine.config().retention()).maxAge())
                    .isEqualTo(Duration.ofDays(30));
            assertThat(engine.config().verification().level()).isEqualTo(VerifyLevel.CHECKED);
        }
        assertThatThrownBy(() -> NightlyBackup.engine(Map.of("PGPORT", "many")))
                .hasMessage("PGPORT: \"many\" (expected: a number)");
        assertThatThrownBy(() -> NightlyBackup.engine(Map.of("BACKUP_WEBHOOK", "ftp://example.org")))
                .hasMessageContaining("expected: an http or https URL");
    }

    private String printed() {
        return output.toString(StandardCharsets.UTF_8);
    }
}
