package dev.pgpool.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.store.DirectoryStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many backups are verified in turn, as many as fit into the time. */
class VerifyDueIT {

    @TempDir
    Path directory;

    @Test
    void theLeastRecentlyVerifiedComeFirstAndNoneIsBegunAfterTheTime() {
        String database = Source.postgres().createDatabase();
        MovedClock clock = new MovedClock(Instant.parse("2026-11-23T03:00:00Z"));
        List<BackupId> verified = new ArrayList<>();
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("s")), database)
                .dumpCommand(FakeDump.script(directory, "archive 1"))
                .verifyLevel(VerifyLevel.CHECKSUM)
                .keepEverything()
                .clock(clock)
                .listener(event -> {
                    if (event instanceof BackupEvent.Verified) {
                        clock.advance(Duration.ofMinutes(10));
                    }
                })
                .build()) {
            List<BackupId> ids = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                clock.advance(Duration.ofHours(1));
                ids.add(engine.run().id());
            }
            assertThat(engine.verifyDue(Duration.ZERO)).isEmpty();
            engine.verify(database, ids.get(4), VerifyLevel.CHECKSUM);

            engine.verifyDue(Duration.ofDays(1)).forEach(report -> verified.add(report.id()));
            assertThat(verified)
                    .as("never verified first, the newest of them before the others, and last what was verified"
                            + " already")
                    .containsExactly(ids.get(3), ids.get(2), ids.get(1), ids.get(0), ids.get(4));
            assertThat(engine.catalog().list(database)).allMatch(entry -> entry.verifiedAt() != null);
            assertThat(engine.verifyDue(Duration.ofDays(1)))
                    .extracting(VerifyReport::id)
                    .as("round again")
                    .startsWith(ids.get(3));
        }
    }
}
