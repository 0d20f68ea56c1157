package dev.pgpool.backup.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.config.DatabaseSelection;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverdueWatchTest {
    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
    private static final Duration LIMIT = Duration.ofHours(26);

    private final OverdueWatch watch = new OverdueWatch(new DatabaseSelection.Named(List.of("app")), LIMIT, START);

    private void told(Instant success, Instant now) {
        watch.learn(List.of(), new LastRun(success, RunReport.Outcome.SUCCESS, null, "", success), now);
    }

    @Test
    void successOfAnotherInstanceIsKnown() {
        told(START.minusSeconds(60), START);

        assertThat(watch.lastSuccess()).isEqualTo(START.minusSeconds(60));
    }

    @Test
    void successOfTheFutureIsNotBelieved() {
        told(START.plus(Duration.ofDays(400)), START);

        assertThat(watch.lastSuccess()).isNull();
        assertThat(watch.isOverdueNews(START.plus(LIMIT).plusSeconds(1))).isTrue();
    }

    @Test
    void olderNewsTakeNothingBack() {
        watch.succeeded(START.plusSeconds(60));

        told(START.plusSeconds(30), START.plusSeconds(90));

        assertThat(watch.lastSuccess()).isEqualTo(START.plusSeconds(60));
    }

    @Test
    void overdueIsToldOnceAnHourUntilASuccess() {
        Instant late = START.plus(LIMIT).plusSeconds(1);
        assertThat(watch.takeOverdueNews(START.plus(LIMIT))).isFalse();
        assertThat(watch.takeOverdueNews(late)).isTrue();
        assertThat(watch.takeOverdueNews(late.plus(Duration.ofMinutes(59)))).isFalse();
        assertThat(watch.takeOverdueNews(late.plus(Duration.ofHours(1)))).isTrue();

        watch.succeeded(late.plus(Duration.ofHours(2)));

        assertThat(watch.takeOverdueNews(late.plus(Duration.ofHours(3)))).isFalse();
    }
}
