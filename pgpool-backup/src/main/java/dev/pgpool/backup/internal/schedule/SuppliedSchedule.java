package dev.pgpool.backup.internal.schedule;

import dev.pgpool.backup.internal.log.PeerLog;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Due by an expression that the host is asked for anew at each date: so the time of day may follow the load. As long as the host
 * has none to give, or none that can be read, another one holds. A date that was given stays until it has come, and after a change
 * the next one is at least half a period away: no day has two runs because the time of day has moved. Thread-safe.
 */
public final class SuppliedSchedule implements Dates {

    private static final PeerLog LOGGER = PeerLog.of(SuppliedSchedule.class);

    private final Supplier<Optional<String>> supplier;
    private final String otherwise;
    private final ZoneId zone;
    private @Nullable String expression;
    private @Nullable Instant given;

    /** @param otherwise the expression as long as the supplier has none; can be read */
    public SuppliedSchedule(Supplier<Optional<String>> supplier, String otherwise, ZoneId zone) {
        this.supplier = supplier;
        this.otherwise = otherwise;
        this.zone = zone;
    }

    @Override
    public synchronized @Nullable Instant next(Instant after) {
        Instant last = given;
        if (last != null && after.isBefore(last)) {
            return last;
        }
        String before = expression;
        String now = ask();
        CronSchedule schedule = new CronSchedule(now, zone);
        Instant next = schedule.next(after);
        if (next != null && before != null && !before.equals(now)) {
            LOGGER.info("The schedule is {} from now on, it was {}", now, before);
            Instant second = schedule.next(next);
            if (second != null
                    && Duration.between(after, next)
                                    .compareTo(Duration.between(next, second).dividedBy(2))
                            < 0) {
                next = second;
            }
        }
        expression = now;
        given = next;
        return next;
    }

    private String ask() {
        try {
            Optional<String> supplied = supplier.get();
            if (supplied.isPresent() && new CronSchedule(supplied.get(), zone).next(Instant.now()) == null) {
                throw new IllegalArgumentException("schedule \"" + supplied.get() + "\" is never due");
            }
            return supplied.orElse(otherwise);
        } catch (RuntimeException e) {
            LOGGER.warn("The host gives no schedule, {} holds", otherwise, e);
            return otherwise;
        }
    }

    @Override
    public String toString() {
        return "supplied, otherwise " + otherwise + " " + zone;
    }
}
