package dev.pgpool.core.internal.admin;

import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.Traffic;
import java.util.LinkedHashMap;
import java.util.Map;

/** What went through databases in the last whole period: that is what averages are of. Thread-safe. */
public final class TrafficHistory {
    /**
     * A period.
     *
     * @param older counters at its begin, by database
     * @param newer counters at its end
     * @param micros its length; 0 if there was none yet
     */
    record Period(Map<String, Traffic> older, Map<String, Traffic> newer, long micros) {
        static final Period NONE = new Period(Map.of(), Map.of(), 0);

        Traffic older(String database) {
            return older.getOrDefault(database, Traffic.NONE);
        }

        Traffic newer(String database) {
            return newer.getOrDefault(database, Traffic.NONE);
        }

        static Traffic sum(Map<String, Traffic> byDatabase) {
            return byDatabase.values().stream().reduce(Traffic.NONE, Traffic::plus);
        }
    }

    private final ConsoleTraffic console = new ConsoleTraffic();
    private Map<String, Traffic> last = Map.of();
    private long lastNanos;
    private volatile Period period = Period.NONE;

    /** Begins. */
    public TrafficHistory(long nowNanos) {
        lastNanos = nowNanos;
    }

    /** A period has ended. */
    public synchronized void add(PgPoolSnapshot snapshot, long nowNanos) {
        Map<String, Traffic> now = now(snapshot);
        period = new Period(last, now, Math.max(1, (nowNanos - lastNanos) / 1_000));
        last = now;
        lastNanos = nowNanos;
    }

    /** What operators have asked for. */
    ConsoleTraffic console() {
        return console;
    }

    /** Counters by database, the console behind all others. */
    Map<String, Traffic> now(PgPoolSnapshot snapshot) {
        Map<String, Traffic> now = new LinkedHashMap<>();
        snapshot.databases().forEach(database -> now.put(database.name(), database.traffic()));
        now.put(ConsoleTraffic.DATABASE, console.now());
        return now;
    }

    Period period() {
        return period;
    }
}
