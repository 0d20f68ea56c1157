package dev.pgpool.backup.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CronScheduleTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @Test
    void theGapOfSpringIsRunAtItsEnd() {
        assertThat(runs("30 2 * * *", BERLIN, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"))
                .containsExactly("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
    }

    @Test
    void theDoubleHourOfAutumnIsRunOnce() {
        assertThat(runs("30 2 * * *", BERLIN, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"))
                .containsExactly("2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    }

    @Test
    void everyDayOfTheYearHasExactlyOneRun() {
        List<String> runs = runs("30 2 * * *", BERLIN, "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z");

        assertThat(runs).hasSize(365);
        assertThat(runs.stream()
                        .map(r -> LocalDate.ofInstant(Instant.parse(r), BERLIN))
                        .distinct())
                .hasSize(365);
    }

    @Test
    void everyQuarterOfAnHourGoesOnThroughBothChanges() {
        assertThat(runs("*/15 * * * *", BERLIN, "2026-03-29T00:40:00Z", "2026-03-29T01:31:00Z"))
                .containsExactly(
                        "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", "2026-03-29T01:30:00Z");
        assertThat(runs("*/15 * * * *", BERLIN, "2026-10-25T00:40:00Z", "2026-10-25T02:01:00Z"))
                .as("the hour that comes twice runs the first time")
                .containsExactly("2026-10-25T00:45:00Z", "2026-10-25T02:00:00Z");
    }

    @Test
    void leapDaysAndNewYearAreMet() {
        assertThat(runs("0 3 29 2 *", ZoneOffset.UTC, "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z"))
                .containsExactly("2028-02-29T03:00:00Z", "2032-02-29T03:00:00Z");
        assertThat(runs("0 0 1 1 *", ZoneOffset.UTC, "2026-12-31T23:59:59Z", "2027-06-01T00:00:00Z"))
                .containsExactly("2027-01-01T00:00:00Z");
    }

    @Test
    void nonsenseIsRefusedInPlainWords() {
        assertThatThrownBy(() -> new CronSchedule("every night", BERLIN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("every night")
                .hasMessageContaining("30 2 * * *");
    }

    private static List<String> runs(String cron, ZoneId zone, String from, String to) {
        CronSchedule schedule = new CronSchedule(cron, zone);
        List<String> runs = new ArrayList<>();
        Instant end = Instant.parse(to);
        for (Instant next = schedule.next(Instant.parse(from));
                next != null && next.isBefore(end);
                next = schedule.next(next)) {
            runs.add(next.toString());
        }
        return runs;
    }
}
