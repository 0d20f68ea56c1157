package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.examples.quickstart.BackupSection;
import dev.pgpool.examples.quickstart.BankServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of backups with a real pg_dump, of version 15 or newer. */
class BackupDemoLiveIT {

    private final TestPostgres postgres = TestPostgres.shared(15);
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    @Test
    void aBackupsLifeIsShownAndNothingIsLeft() {
        PgServer server = PgServer.of("127.0.0.1", postgres.port(), "postgres", "");

        assertThat(new BackupDemo(server, () -> new DirectoryStore(directory), out).run())
                .as(printed())
                .isEqualTo(BackupDemo.Outcome.SHOWN);

        assertThat(printed())
                .contains("taken: ", "one byte flipped: found", "SHA-256")
                .contains("compared: CHECKED", "20000 rows", "as in the source")
                .containsPattern("DELETE +age 4\\.0 d > 3\\.5 d")
                .contains("keep   the newest verified one")
                .doesNotContain("NOT");
        assertNothingIsLeft();
    }

    @Test
    void theQuickstartsOwnServerIsUsedWhereTheBuildLeftNoOther() throws Exception {
        BankServer bank = BankServer.at("postgresql://postgres@127.0.0.1:" + postgres.port() + "/postgres");

        assertThat(BackupSection.show(bank, Map.of(), out)).as(printed()).isTrue();

        assertThat(printed()).contains("as in the source");
        assertNothingIsLeft();
    }

    @Test
    void theNightlyBackupTakesABackupOfEverything() {
        Map<String, String> environment =
                Map.of("PGPORT", Integer.toString(postgres.port()), "BACKUP_DIR", directory.toString());
        try (BackupEngine engine = NightlyBackup.engine(environment)) {
            RunReport report = engine.run();

            assertThat(report.message()).isEmpty();
            assertThat(report.databases()).extracting(d -> d.database()).contains("postgres", "app");
            assertThat(engine.catalog().list()).hasSameSizeAs(report.databases());
        }
    }

    private void assertNothingIsLeft() {
        assertThat(postgres.query("SELECT datname FROM pg_database WHERE datname ~ '^(quickstart|pgpool_verify)_'"))
                .isEmpty();
        List<String> keys = new ArrayList<>();
        new DirectoryStore(directory).list("", object -> keys.add(object.key()));
        assertThat(keys).isEmpty();
    }

    private String printed() {
        return output.toString(StandardCharsets.UTF_8);
    }
}
