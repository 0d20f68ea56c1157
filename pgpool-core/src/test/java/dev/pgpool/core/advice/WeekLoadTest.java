package dev.pgpool.core.advice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class WeekLoadTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    /** Hours of whole weeks, each with a load that goes by the clock on the wall. */
    private static LoadHistory history(String from, int hours, ZoneId zone, ToDoubleFunction<ZonedDateTime> load) {
        Instant begin = Instant.parse(from);
        List<HourLoad> past = new ArrayList<>();
        for (int i = 0; i < hours; i++) {
            Instant hour = begin.plus(Duration.ofHours(i));
            past.add(new HourLoad(hour, Duration.ofHours(1), load.applyAsDouble(hour.atZone(zone)), 1));
        }
        return new LoadHistory(past);
    }

    /** Busy from eight to eight, with an hour's batch at two; nothing to do on Sundays from four to seven. */
    private static double office(ZonedDateTime time) {
        if (time.getDayOfWeek() == DayOfWeek.SUNDAY && time.getHour() >= 4 && time.getHour() < 7) {
            return 0;
        }
        if (time.getHour() == 2) {
            return 12;
        }
        return time.getHour() >= 8 && time.getHour() < 20 ? 10 : 1 + Math.abs(time.getHour() - 5) / 10.0;
    }

    @Test
    void theQuietestStretchOfTheWeekIsFound() {
        LoadHistory history = history("2026-06-01T00:00:00Z", 14 * 24, BERLIN, WeekLoadTest::office);

        QuietTime quiet = history.quietest(Duration.ofHours(3), BERLIN).orElseThrow();

        assertThat(quiet.day()).contains(DayOfWeek.SUNDAY);
        assertThat(quiet.from()).isEqualTo(LocalTime.of(4, 0));
        assertThat(quiet.servers()).isZero();
        assertThat(quiet.cron()).isEqualTo("0 4 * * 7");
        assertThat(quiet.next(Instant.parse("2026-06-17T12:00:00Z")))
                .isEqualTo(ZonedDateTime.of(2026, 6, 21, 4, 0, 0, 0, BERLIN));
    }

    @Test
    void theQuietestStretchOfEveryDayIsFound() {
        LoadHistory history = history("2026-06-01T00:00:00Z", 14 * 24, BERLIN, WeekLoadTest::office);

        QuietTime quiet =
                history.quietestEveryDay(Duration.ofMinutes(90), BERLIN).orElseThrow();

        assertThat(quiet.day()).isEmpty();
        assertThat(quiet.from()).isEqualTo(LocalTime.of(5, 0));
        assertThat(quiet.cron()).isEqualTo("0 5 * * *");
        assertThat(quiet.next(Instant.parse("2026-06-17T03:00:00Z")))
                .isEqualTo(ZonedDateTime.of(2026, 6, 18, 5, 0, 0, 0, BERLIN));
    }

    /** Work goes by the clock on the wall: in UTC the same hours are an hour apart before and after the change. */
    @Test
    void hoursBeforeAndAfterAChangeToSummerTimeAreThoseOfTheZone() {
        LoadHistory history = history("2026-03-16T00:00:00Z", 28 * 24, BERLIN, WeekLoadTest::office);

        WeekLoad week = history.week(BERLIN);
        for (DayOfWeek day : DayOfWeek.values()) {
            for (int hour = 0; hour < 24; hour++) {
                ZonedDateTime time = ZonedDateTime.of(2026, 6, day.getValue(), hour, 0, 0, 0, BERLIN);
                assertThat(week.at(day, hour)).as("%s %d", day, hour).hasValue(office(time));
            }
        }
        assertThat(history.week(ZoneOffset.UTC).at(DayOfWeek.MONDAY, 6).orElseThrow())
                .as("busy in summer only")
                .isStrictlyBetween(1.0, 10.0);
    }

    @Test
    void inAutumnTheHourThatComesTwiceCountsOnce() {
        LoadHistory history = history("2026-10-19T00:00:00Z", 14 * 24, BERLIN, WeekLoadTest::office);

        assertThat(history.week(BERLIN).at(DayOfWeek.SUNDAY, 2)).hasValue(12);
        QuietTime quiet = history.quietestEveryDay(Duration.ofHours(1), BERLIN).orElseThrow();
        assertThat(quiet.next(Instant.parse("2026-10-24T23:00:00Z")).toInstant())
                .isEqualTo(Instant.parse("2026-10-25T04:00:00Z"));
    }

    @Test
    void aTimeThatSpringSkipsBeginsAnHourLater() {
        QuietTime quiet = new QuietTime(Optional.empty(), LocalTime.of(2, 0), Duration.ofHours(1), BERLIN, 0);

        assertThat(quiet.next(Instant.parse("2026-03-29T00:30:00Z")))
                .isEqualTo(ZonedDateTime.of(2026, 3, 29, 3, 0, 0, 0, BERLIN));
        assertThat(quiet.next(Instant.parse("2026-03-29T01:00:00Z")))
                .isEqualTo(ZonedDateTime.of(2026, 3, 30, 2, 0, 0, 0, BERLIN));
    }

    @Test
    void whatWasNotSeenIsNotCalledQuiet() {
        LoadHistory oneDay = history("2026-06-01T06:00:00Z", 6, ZoneOffset.UTC, time -> time.getHour());

        assertThat(oneDay.week(ZoneOffset.UTC).known()).isEqualTo(6 / 168.0);
        assertThat(oneDay.quietest(Duration.ofHours(2), ZoneOffset.UTC)
                        .orElseThrow()
                        .from())
                .isEqualTo(LocalTime.of(6, 0));
        assertThat(oneDay.quietest(Duration.ofHours(7), ZoneOffset.UTC)).isEmpty();
        assertThat(LoadHistory.NONE.quietestEveryDay(Duration.ofHours(1), ZoneOffset.UTC))
                .isEmpty();
    }

    @Test
    void ofQuietStretchesThatAreAlikeTheOneInTheMiddleIsTaken() {
        LoadHistory history = history(
                "2026-06-01T00:00:00Z",
                7 * 24,
                ZoneOffset.UTC,
                time -> time.getHour() >= 1 && time.getHour() < 6 ? 0 : 5);

        assertThat(history.quietestEveryDay(Duration.ofHours(1), ZoneOffset.UTC)
                        .orElseThrow()
                        .from())
                .isEqualTo(LocalTime.of(3, 0));
    }

    @Test
    void aHistorySurvivesAsText() {
        LoadHistory history = history("2026-06-01T00:00:00Z", 30, BERLIN, WeekLoadTest::office);

        assertThat(LoadHistory.parse(history.toText())).isEqualTo(history);
        assertThat(LoadHistory.parse("")).isEqualTo(LoadHistory.NONE);
        assertThatThrownBy(() -> LoadHistory.parse("2026-06-01T00:00:00Z 1 2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2026-06-01T00:00:00Z 1 2");
        assertThatThrownBy(() -> LoadHistory.parse("2026-06-01T00:30:00Z 1 2 3"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLengthThatIsNoneIsRefused() {
        assertThatThrownBy(() -> LoadHistory.NONE.quietest(Duration.ZERO, BERLIN))
                .hasMessage("length: PT0S (expected: more than zero, at most a day)");
        assertThatThrownBy(() -> LoadHistory.NONE.quietest(Duration.ofHours(25), BERLIN))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
