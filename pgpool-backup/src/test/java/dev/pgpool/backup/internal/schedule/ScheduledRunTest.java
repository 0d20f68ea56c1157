package dev.pgpool.backup.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.fixture.MovedClock;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.RunReport.Outcome;
import dev.pgpool.backup.report.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a failed run is tried again, and when no more. */
class ScheduledRunTest {

    private static final Instant BEGIN = Instant.parse("2026-11-23T02:30:00Z");

    private final MovedClock clock = new MovedClock(BEGIN);
    private final List<Trigger> triggers = new ArrayList<>();

    @Test
    void twoRetriesAreTwoAndTheNextDateHasItsOwn() {
        ScheduledRun run = run(Outcome.FAILURE, FailureReason.DUMP_EXIT);
        for (int date = 0; date < 2; date++) {
            assertThat(run.run(false)).isEqualTo(clock.instant().plus(Duration.ofMinutes(10)));
            assertThat(run.run(true)).isEqualTo(clock.instant().plus(Duration.ofMinutes(10)));
            assertThat(run.run(true)).as("both have been").isNull();
        }
        assertThat(triggers)
                .containsExactly(
                        Trigger.SCHEDULED,
                        Trigger.RETRIED,
                        Trigger.RETRIED,
                        Trigger.SCHEDULED,
                        Trigger.RETRIED,
                        Trigger.RETRIED);
    }

    @Test
    void theNextDateComesBeforeARetry() {
        clock.set("2026-11-24T02:19:59Z");
        assertThat(run(Outcome.FAILURE, FailureReason.DUMP_EXIT).run(false)).isEqualTo("2026-11-24T02:29:59Z");
        clock.set("2026-11-24T02:20:00Z");
        assertThat(run(Outcome.FAILURE, FailureReason.DUMP_EXIT).run(false)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"SUCCESS,", "CANCELLED, CANCELLED", "SKIPPED, LOCKED", "FAILURE, LOCKED"})
    void whatIsNoFailureOfItsOwnIsNotTriedAgain(Outcome outcome, FailureReason reason) {
        assertThat(run(outcome, reason).run(false)).isNull();
    }

    private ScheduledRun run(Outcome outcome, FailureReason reason) {
        Duration any = Duration.ofHours(1);
        return new ScheduledRun(
                new BackupConfig.Run(any, any, any, any, null, any, 2, Duration.ofMinutes(10)),
                clock,
                (trigger, part) -> {
                    triggers.add(trigger);
                    return new RunReport(
                            new BackupId("20261123T023000Z-00000001"),
                            trigger,
                            outcome,
                            reason,
                            "",
                            clock.instant(),
                            clock.instant(),
                            List.of(),
                            Map.of(),
                            List.of());
                },
                database -> true,
                new CronSchedule("30 2 * * *", ZoneOffset.UTC));
    }
}
