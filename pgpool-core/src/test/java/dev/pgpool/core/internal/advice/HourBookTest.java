package dev.pgpool.core.internal.advice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.advice.HourLoad;
import dev.pgpool.core.advice.LoadHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class HourBookTest {
    private static final Instant BEGIN = Instant.parse("2026-06-01T00:00:00Z");
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final HourBook book = new HourBook(BEGIN);

    /** So many minutes from an instant on, with servers in use. */
    private void minutes(Instant from, int count, double servers) {
        for (int i = 0; i < count; i++) {
            Instant now = from.plus(Duration.ofMinutes(i));
            book.ran(now, MINUTE);
            book.worked("app", now, servers * MINUTE, 10);
        }
    }

    @Test
    void hoursAreAveragesOfTheTimeThatThePoolerRan() {
        minutes(BEGIN.plus(Duration.ofMinutes(30)), 30, 3);
        minutes(BEGIN.plus(Duration.ofHours(1)), 60, 1.5);

        assertThat(book.histories(BEGIN.plus(Duration.ofHours(2))).get("app"))
                .isEqualTo(new LoadHistory(List.of(
                        new HourLoad(BEGIN, Duration.ofMinutes(30), 3, 300),
                        new HourLoad(BEGIN.plus(Duration.ofHours(1)), Duration.ofHours(1), 1.5, 600))));
    }

    @Test
    void hoursInWhichADatabaseHadNothingToDoAreQuietAndThoseWithoutAPoolerAreMissing() {
        minutes(BEGIN, 60, 2);
        book.ran(BEGIN.plus(Duration.ofHours(1)), Duration.ofHours(1).toNanos());
        minutes(BEGIN.plus(Duration.ofHours(5)), 60, 2);

        assertThat(book.histories(BEGIN.plus(Duration.ofHours(6))).get("app").hours())
                .extracting(HourLoad::servers)
                .containsExactly(2.0, 0.0, 2.0);
    }

    @Test
    void whatIsOlderThanFiveWeeksIsForgotten() {
        minutes(BEGIN, 60, 2);
        Instant later = BEGIN.plus(Duration.ofDays(35));
        assertThat(book.histories(later.minusSeconds(1)).get("app").hours()).hasSize(1);
        assertThat(book.histories(later).get("app").hours()).isEmpty();

        minutes(later, 60, 7);
        assertThat(book.histories(later).get("app").hours())
                .extracting(HourLoad::servers)
                .containsExactly(7.0);
    }

    @Test
    void anEarlierRunIsRecalledAndItsHoursDoNotMixWithThoseOfThisOne() {
        LoadHistory past = new LoadHistory(List.of(
                new HourLoad(BEGIN.minus(Duration.ofDays(40)), Duration.ofHours(1), 9, 1),
                new HourLoad(BEGIN.minus(Duration.ofHours(2)), Duration.ofMinutes(30), 4, 7),
                new HourLoad(BEGIN, Duration.ofMinutes(20), 5, 8)));
        book.recall("app", past);
        minutes(BEGIN, 60, 2);

        assertThat(book.histories(BEGIN.plus(Duration.ofHours(1))).get("app").hours())
                .containsExactly(
                        new HourLoad(BEGIN.minus(Duration.ofHours(2)), Duration.ofMinutes(30), 4, 7),
                        new HourLoad(BEGIN, Duration.ofHours(1), 2, 600));
    }

    @Test
    void namesThatClientsThinkOfAreNotKeptWithoutEnd() {
        for (int i = 0; i < 2_000; i++) {
            book.worked("name" + i, BEGIN, 1, 1);
        }
        assertThat(book.histories(BEGIN)).hasSize(1_000);
        book.worked("idle", BEGIN, 0, 0);
        assertThat(book.histories(BEGIN)).doesNotContainKey("idle");
    }
}
