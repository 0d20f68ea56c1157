package dev.pgpool.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.Traffic;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Averages are of the last whole period: counts per second, times per item. */
class StatsTablesTest {
    private static final Traffic FIRST = new Traffic(
            10,
            20,
            30,
            1_000,
            2_000,
            Duration.ofMillis(40),
            Duration.ofMillis(30),
            Duration.ofMillis(5),
            1,
            1,
            1,
            2,
            0);
    private static final Traffic SECOND = new Traffic(
            110,
            620,
            1_230,
            61_000,
            122_000,
            Duration.ofMillis(640),
            Duration.ofMillis(630),
            Duration.ofMillis(505),
            61,
            31,
            121,
            8,
            0);

    private static PgPoolSnapshot snapshot(Traffic traffic) {
        return new PgPoolSnapshot(
                PgPoolSnapshot.Status.ACTIVE,
                0,
                1,
                List.of(new PgPoolSnapshot.Database("app", 0, 0, false, false, traffic)),
                List.of(),
                Map.of());
    }

    private static List<String> cells(ResultTable table) {
        ByteBuf out = Unpooled.buffer();
        table.writeTo(out);
        out.skipBytes(out.getInt(1) + 1 + 5);
        List<String> cells = new ArrayList<>();
        int count = out.readShort();
        for (int i = 0; i < count; i++) {
            cells.add(
                    out.readCharSequence(out.readInt(), StandardCharsets.UTF_8).toString());
        }
        out.release();
        return cells;
    }

    @Test
    void averagesAreOfTheLastWholePeriod() {
        TrafficHistory history = new TrafficHistory(0);
        assertThat(cells(StatsTables.averages(history.now(snapshot(FIRST)), history.period())))
                .containsExactly("app", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0");
        history.add(snapshot(FIRST), TimeUnit.SECONDS.toNanos(60));
        history.add(snapshot(SECOND), TimeUnit.SECONDS.toNanos(120));
        assertThat(cells(StatsTables.averages(history.now(snapshot(SECOND)), history.period())))
                .containsExactly("app", "2", "10", "20", "1000", "2000", "1000", "500", "5000", "1", "1", "2", "0");
        assertThat(cells(StatsTables.stats(history.now(snapshot(SECOND)), history.period())))
                .containsExactly(
                        "app", "110", "620", "1230", "61000", "122000", "640000", "630000", "505000", "61", "31", "121",
                        "8", "2", "10", "20", "1000", "2000", "1000", "500", "5000", "1", "1", "2", "0");
        assertThat(cells(StatsTables.totals(history.now(snapshot(SECOND)))))
                .containsExactly(
                        "app", "110", "620", "1230", "61000", "122000", "640000", "630000", "505000", "61", "31", "121",
                        "8");
    }
}
