package dev.pgpool.core.internal.admin;

import dev.pgpool.core.stats.Traffic;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** What operators have asked for: the console's own row of SHOW STATS. Thread-safe. */
final class ConsoleTraffic {
    /** The console as a database. */
    static final String DATABASE = "pgbouncer";

    private final LongAdder commands = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();

    /** A command has come; each is a transaction. */
    void begins(int bytes) {
        commands.increment();
        received.add(bytes);
    }

    /** It is answered. */
    void answered(long tookNanos, int bytes) {
        nanos.add(tookNanos);
        sent.add(bytes);
    }

    Traffic now() {
        long count = commands.sum();
        Duration took = Duration.ofNanos(nanos.sum());
        return new Traffic(0, count, count, received.sum(), sent.sum(), took, took, Duration.ZERO, 0, 0, 0, 0, 0);
    }
}
