package dev.pgpool.core.internal.fleet.protocol;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;

/** Virtual time: events run in its order, and nothing waits. */
final class SimClock {
    static final long MILLIS = 1_000_000;

    private record Event(long at, long number, Runnable action) {}

    final Random random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
    private long number;
    private long now = 1;

    SimClock(long seed) {
        random = new Random(seed);
    }

    long now() {
        return now;
    }

    void at(long nanos, Runnable action) {
        events.add(new Event(Math.max(now, nanos), number++, action));
    }

    void in(long nanos, Runnable action) {
        at(now + nanos, action);
    }

    /** A time between both, in milliseconds. */
    long between(double from, double to) {
        return (long) ((from + random.nextDouble() * (to - from)) * MILLIS);
    }

    /** Runs for so long, and after each event what is to be checked. */
    void run(long nanos, Runnable check) {
        long end = now + nanos;
        while (!events.isEmpty() && events.peek().at() <= end) {
            Event event = events.poll();
            now = event.at();
            event.action().run();
            check.run();
        }
        now = end;
    }
}
