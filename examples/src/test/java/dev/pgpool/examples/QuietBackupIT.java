package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.advice.HourLoad;
import dev.pgpool.core.advice.LoadHistory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without a server: no backup is due while the test runs. */
class QuietBackupIT {
    /** Whole hours from UTC, and no summer time: where the test runs and when does not matter. */
    private static final ZoneId ZONE = ZoneId.of("Asia/Tokyo");

    @TempDir
    Path directory;

    /** Two weeks in which next to nothing went on for two hours each day. */
    private static LoadHistory twoWeeks(int quietFrom) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.HOURS);
        List<HourLoad> hours = new ArrayList<>();
        for (int i = 14 * 24; i > 0; i--) {
            Instant begin = now.minus(Duration.ofHours(i));
            int hour = begin.atZone(ZONE).getHour();
            hours.add(new HourLoad(begin, Duration.ofHours(1), (hour - quietFrom + 24) % 24 < 2 ? 0.1 : 5, 1_000));
        }
        return new LoadHistory(hours);
    }

    private static PgPool pool() {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .database("shop", db -> db.host("127.0.0.1").port(1))
                .build()
                .start();
    }

    private ZonedDateTime nextBackup(QuietBackup quiet) throws Exception {
        CompletableFuture<Instant> next = new CompletableFuture<>();
        try (BackupEngine engine = quiet.schedule(
                        BackupEngine.builder()
                                .source(PgServer.of("127.0.0.1", 1, "postgres", ""))
                                .store(new DirectoryStore(directory.resolve("backups")))
                                .listener(event -> {
                                    if (event instanceof BackupEvent.NextRun run) {
                                        next.complete(run.due());
                                    }
                                }),
                        ZONE)
                .catchUp(false)
                .build()) {
            engine.start();
            return next.get(30, TimeUnit.SECONDS).atZone(ZONE);
        }
    }

    @Test
    void backupsAreTakenWhenItIsQuietAndARestartForgetsNothing() throws Exception {
        Path memory = directory.resolve("hours");
        LoadHistory past = twoWeeks(13);
        try (PgPool pool = pool()) {
            QuietBackup quiet = new QuietBackup(pool, "shop", memory);
            quiet.recall();
            assertThat(nextBackup(quiet)).as("nobody knows").satisfies(due -> {
                assertThat(due.getHour()).isEqualTo(2);
                assertThat(due.getMinute()).isEqualTo(30);
            });
            pool.recall("shop", past);
            assertThat(nextBackup(quiet).getHour()).isEqualTo(13);
            quiet.keep();
        }
        assertThat(LoadHistory.parse(Files.readString(memory)).hours()).containsAll(past.hours());
        try (PgPool pool = pool()) {
            QuietBackup quiet = new QuietBackup(pool, "shop", memory);
            quiet.recall();
            assertThat(nextBackup(quiet).getHour()).isEqualTo(13);
            assertThat(nextBackup(quiet).getMinute()).isZero();
        }
    }
}
