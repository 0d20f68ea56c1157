package dev.pgpool.examples.standalone;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.Traffic;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PgBouncer's line of figures, one for each period. */
final class StatsLog {
    private static final Logger LOGGER = LoggerFactory.getLogger(StatsLog.class);

    private final PgPool pool;
    private Traffic before;
    private long beforeNanos;

    StatsLog(PgPool pool) {
        this.pool = pool;
        this.before = sum(pool.snapshot());
        this.beforeNanos = System.nanoTime();
    }

    void log() {
        Traffic now = sum(pool.snapshot());
        long nanos = System.nanoTime();
        LOGGER.atInfo().log(line(before, now, Duration.ofNanos(nanos - beforeNanos)));
        before = now;
        beforeNanos = nanos;
    }

    static String line(Traffic before, Traffic now, Duration period) {
        double seconds = period.toNanos() / 1e9;
        long xacts = now.transactions() - before.transactions();
        long queries = now.queries() - before.queries();
        long assignments = now.serverAssignments() - before.serverAssignments();
        return String.format(
                Locale.ROOT,
                "stats: %.0f xacts/s, %.0f queries/s, %.0f client parses/s, %.0f server parses/s, %.0f binds/s,"
                        + " in %.0f B/s, out %.0f B/s, xact %d us, query %d us, wait %d us",
                xacts / seconds,
                queries / seconds,
                (now.clientParses() - before.clientParses()) / seconds,
                (now.serverParses() - before.serverParses()) / seconds,
                (now.binds() - before.binds()) / seconds,
                (now.bytesReceived() - before.bytesReceived()) / seconds,
                (now.bytesSent() - before.bytesSent()) / seconds,
                each(now.transactionTime().minus(before.transactionTime()), xacts),
                each(now.queryTime().minus(before.queryTime()), queries),
                each(now.waitTime().minus(before.waitTime()), assignments));
    }

    private static long each(Duration total, long count) {
        return count == 0 ? 0 : total.toNanos() / 1_000 / count;
    }

    private static Traffic sum(PgPoolSnapshot snapshot) {
        return snapshot.databases().stream()
                .map(PgPoolSnapshot.Database::traffic)
                .reduce(Traffic.NONE, Traffic::plus);
    }
}
