package dev.pgpool.core.internal.advice;

import dev.pgpool.core.advice.HourLoad;
import dev.pgpool.core.advice.LoadHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The past hours of each database, in UTC: how long the pooler ran, how many servers were in use, how many transactions ended.
 * Keeps five weeks of a thousand databases at most. Thread-safe.
 */
public final class HourBook {
    private static final int HOURS = 5 * 7 * 24;
    private static final int DATABASES = 1_000;
    private static final long HOUR_SECONDS = 3_600;

    /** The hours of one database, each at its place in a ring. */
    private static final class Ring {
        private final long[] hours = new long[HOURS];
        private final double[] busyNanos = new double[HOURS];
        private final long[] transactions = new long[HOURS];

        int place(long hour) {
            int place = (int) Math.floorMod(hour, (long) HOURS);
            if (hours[place] != hour) {
                hours[place] = hour;
                busyNanos[place] = 0;
                transactions[place] = 0;
            }
            return place;
        }
    }

    private final long firstHour;
    private final long[] hours = new long[HOURS];
    private final long[] observedNanos = new long[HOURS];
    private final Map<String, Ring> databases = new LinkedHashMap<>();

    /** @param begin when the pooler began to run; hours before can be {@linkplain #recall recalled} */
    public HourBook(Instant begin) {
        this.firstHour = hour(begin);
    }

    /** The pooler has run for some time. */
    public synchronized void ran(Instant now, long nanos) {
        long hour = hour(now);
        int place = (int) Math.floorMod(hour, (long) HOURS);
        if (hours[place] != hour) {
            hours[place] = hour;
            observedNanos[place] = 0;
        }
        observedNanos[place] += nanos;
    }

    /**
     * A database has been busy.
     *
     * @param busyNanos servers in use times nanoseconds
     */
    public synchronized void worked(String database, Instant now, double busyNanos, long transactions) {
        Ring ring = databases.get(database);
        if (ring == null) {
            // clients may name what * serves as they like
            if ((busyNanos == 0 && transactions == 0) || databases.size() >= DATABASES) {
                return;
            }
            ring = new Ring();
            databases.put(database, ring);
        }
        int place = ring.place(hour(now));
        ring.busyNanos[place] += busyNanos;
        ring.transactions[place] += transactions;
    }

    /** Takes over what the host has kept of an earlier run: hours before that in which this one began. */
    public synchronized void recall(String database, LoadHistory past) {
        Ring ring = databases.computeIfAbsent(database, name -> new Ring());
        for (HourLoad load : past.hours()) {
            long hour = hour(load.begin());
            if (hour < firstHour && hour > firstHour - HOURS) {
                int place = ring.place(hour);
                hours[place] = hour;
                observedNanos[place] =
                        Math.max(observedNanos[place], load.observed().toNanos());
                ring.busyNanos[place] = load.servers() * load.observed().toNanos();
                ring.transactions[place] = load.transactions();
            }
        }
    }

    /** What is known. */
    public synchronized Map<String, LoadHistory> histories(Instant now) {
        Map<String, LoadHistory> histories = new LinkedHashMap<>();
        databases.forEach((name, ring) -> histories.put(name, history(ring, hour(now))));
        return histories;
    }

    private LoadHistory history(Ring ring, long newest) {
        List<HourLoad> loads = new ArrayList<>();
        for (long hour = newest - HOURS + 1; hour <= newest; hour++) {
            int place = (int) Math.floorMod(hour, (long) HOURS);
            if (hours[place] == hour && observedNanos[place] > 0) {
                boolean busy = ring.hours[place] == hour;
                loads.add(new HourLoad(
                        Instant.ofEpochSecond(hour * HOUR_SECONDS),
                        Duration.ofNanos(observedNanos[place]),
                        busy ? ring.busyNanos[place] / observedNanos[place] : 0,
                        busy ? ring.transactions[place] : 0));
            }
        }
        return new LoadHistory(loads);
    }

    private static long hour(Instant now) {
        return Math.floorDiv(now.getEpochSecond(), HOUR_SECONDS);
    }
}
