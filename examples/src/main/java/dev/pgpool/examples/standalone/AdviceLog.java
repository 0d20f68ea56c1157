package dev.pgpool.examples.standalone;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.advice.PgPoolAdvice;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the pooler advises by what it has seen of the last day, once a day. */
final class AdviceLog {
    private static final Logger LOGGER = LoggerFactory.getLogger(AdviceLog.class);
    private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);

    private final Supplier<PgPoolAdvice> advice;
    private final LongSupplier clock;
    private final Consumer<String> log;
    private long loggedNanos;

    AdviceLog(PgPool pool) {
        this(pool::advice, System::nanoTime, line -> LOGGER.info("{}", line));
    }

    /** @param clock in nanoseconds; the first day begins now */
    AdviceLog(Supplier<PgPoolAdvice> advice, LongSupplier clock, Consumer<String> log) {
        this.advice = advice;
        this.clock = clock;
        this.log = log;
        this.loggedNanos = clock.getAsLong();
    }

    /** Called now and then. */
    void logWhenDue() {
        long now = clock.getAsLong();
        if (now - loggedNanos >= DAY_NANOS) {
            loggedNanos = now;
            advice.get().text(AdviceWindow.DAY).forEach(line -> log.accept("advice: " + line));
        }
    }
}
