package dev.pgpool.backup.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SuppliedScheduleTest {

    private Optional<String> supplied = Optional.empty();
    private final AtomicInteger asked = new AtomicInteger();
    private final SuppliedSchedule schedule = new SuppliedSchedule(
            () -> {
                asked.incrementAndGet();
                return supplied;
            },
            "30 2 * * *",
            ZoneOffset.UTC);

    private String next(String after) {
        return String.valueOf(schedule.next(Instant.parse(after)));
    }

    @Test
    void asLongAsThereIsNoneTheOtherHolds() {
        assertThat(next("2026-11-23T01:00:00Z")).isEqualTo("2026-11-23T02:30:00Z");
        assertThat(next("2026-11-23T02:30:00Z")).isEqualTo("2026-11-24T02:30:00Z");
    }

    @Test
    void theHostIsAskedAtEachDateAndADateThatWasGivenStays() {
        assertThat(next("2026-11-23T01:00:00Z")).isEqualTo("2026-11-23T02:30:00Z");
        supplied = Optional.of("0 5 * * *");
        assertThat(next("2026-11-23T02:00:00Z")).isEqualTo("2026-11-23T02:30:00Z");
        assertThat(asked).hasValue(1);

        assertThat(next("2026-11-23T02:30:00Z")).as("not twice on a day").isEqualTo("2026-11-24T05:00:00Z");
        assertThat(next("2026-11-24T05:00:00Z")).isEqualTo("2026-11-25T05:00:00Z");
    }

    @Test
    void aDateThatMovesAheadComesOnTheNextDay() {
        supplied = Optional.of("0 22 * * *");
        assertThat(next("2026-11-23T01:00:00Z")).isEqualTo("2026-11-23T22:00:00Z");
        supplied = Optional.of("0 14 * * *");
        assertThat(next("2026-11-23T22:00:00Z")).isEqualTo("2026-11-24T14:00:00Z");
    }

    @Test
    void aDateThatMovesToAnotherDayOfTheWeekLeavesHalfAWeek() {
        supplied = Optional.of("0 4 * * 7");
        assertThat(next("2026-11-23T01:00:00Z")).isEqualTo("2026-11-29T04:00:00Z");
        supplied = Optional.of("0 4 * * 1");
        assertThat(next("2026-11-29T04:00:00Z")).as("not the day after").isEqualTo("2026-12-07T04:00:00Z");
    }

    @Test
    void whatIsMissedIsMadeUpForAsWithAnyOtherSchedule() {
        supplied = Optional.of("0 5 * * *");
        assertThat(next("2026-11-10T05:00:00Z")).isEqualTo("2026-11-11T05:00:00Z");
        assertThat(next("2026-11-23T01:00:00Z")).isEqualTo("2026-11-23T05:00:00Z");
    }

    @Test
    void whatCannotBeReadOrIsNeverDueOrFailsDoesNoHarm() {
        supplied = Optional.of("nonsense");
        assertThat(next("2026-11-23T01:00:00Z")).isEqualTo("2026-11-23T02:30:00Z");
        supplied = Optional.of("0 0 30 2 *");
        assertThat(next("2026-11-23T02:30:00Z")).isEqualTo("2026-11-24T02:30:00Z");

        SuppliedSchedule failing = new SuppliedSchedule(
                () -> {
                    throw new IllegalStateException("the pooler is not running");
                },
                "30 2 * * *",
                ZoneOffset.UTC);
        assertThat(failing.next(Instant.parse("2026-11-23T01:00:00Z"))).isEqualTo("2026-11-23T02:30:00Z");
    }
}
