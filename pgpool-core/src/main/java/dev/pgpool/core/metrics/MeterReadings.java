package dev.pgpool.core.metrics;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.advice.Verdict;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PgPoolSnapshot.Pool;
import dev.pgpool.core.stats.PgPoolSnapshot.ServerStates;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/** Readings that take more than one figure. */
final class MeterReadings {
    private MeterReadings() {}

    static double up(PgPool pool) {
        try {
            pool.dnsNames();
            return 1;
        } catch (IllegalStateException notRunning) {
            return 0;
        }
    }

    static double advised(PoolAdvice advice) {
        return advice.sizes().for99().stream().asDoubleStream().findFirst().orElse(Double.NaN);
    }

    static double change(PoolAdvice advice) {
        return advice.verdict() == Verdict.TOO_SMALL ? 1 : advice.verdict() == Verdict.TOO_LARGE ? -1 : 0;
    }

    static double dnsNames(PgPool pool) {
        return pool.dnsNames().size();
    }

    static double unknownNames(PgPool pool) {
        return pool.dnsNames().stream()
                .filter(name -> name.addresses().isEmpty())
                .count();
    }

    /** A client that has a server is active; servers may also be busy with what a client has left behind. */
    static Map<String, Long> clientStates(Pool pool) {
        long waiting = pool.clientsWaiting();
        long active = Math.min(pool.clients() - waiting, pool.serverStates().active());
        return Map.of("waiting", waiting, "active", active, "idle", pool.clients() - waiting - active);
    }

    static Reading states(ToIntFunction<ServerStates> state) {
        return new Reading.OfPool(pool -> state.applyAsInt(pool.serverStates()));
    }

    static Map<String, Long> pins(Pool pool) {
        Map<String, Long> byKind = new TreeMap<>();
        pool.pins().forEach((kind, count) -> byKind.put(kind.label(), count));
        return byKind;
    }

    static Map<String, Long> closes(Map<CloseReason, Long> counts) {
        Map<String, Long> byReason = new TreeMap<>();
        counts.forEach((reason, count) -> byReason.put(reason.label(), count));
        return byReason;
    }
}
