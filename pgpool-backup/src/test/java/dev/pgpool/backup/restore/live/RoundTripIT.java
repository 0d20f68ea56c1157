package dev.pgpool.backup.restore.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.store.DirectoryStore;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoundTripIT {

    @TempDir
    Path directory;

    @Test
    void whatIsTakenCanBeVerifiedAndRestored() {
        String database = Source.sampleDatabase();
        String target = database + "_restored";
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory), database)
                .verifyOn(Source.server())
                .check(new SqlCheck("customers", "SELECT count(*) FROM public.customer", "1000"))
                .build()) {
            RunReport report = engine.run();
            assertThat(report.message()).isEmpty();
            assertThat(report.succeeded()).isTrue();
            assertThat(engine.catalog().table()).contains(database, report.id().value());

            CatalogEntry entry = engine.catalog().list(database).get(0);
            VerifyReport verified = engine.verify(database, entry.id(), VerifyLevel.CHECKED);
            assertThat(verified.problems()).isEmpty();
            assertThat(verified.reached()).isEqualTo(VerifyLevel.CHECKED);
            assertThat(engine.catalog().show(database, entry.id()).verified()).isEqualTo(VerifyLevel.CHECKED);

            RestoreReport restored = engine.restore(
                    RestoreRequest.intoNew(new RestoreRequest.Latest(database), Source.server(), target));
            assertThat(restored.manifest()).isEqualTo(Objects.requireNonNull(entry.manifest()));
        }
        assertThat(Source.query(Source.postgres(), target, "SELECT count(*) FROM orders"))
                .isEqualTo("20000");
        assertThat(Source.query(
                        Source.postgres(), target, "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'"))
                .startsWith(database + "_owner");
    }
}
