package dev.pgpool.core.internal.advice;

import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.advice.Remark;
import dev.pgpool.core.advice.Verdict;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.util.EnumSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Says what follows from what was seen of a pool in a window. */
final class Judge {
    private static final long LEAST_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** Fewer waits than one for so many transactions do not matter. */
    private static final int RARE = 1_000;

    private static final int LEAST_WAITS = 10;

    private static final double MOST = 0.5;
    /** Of transactions, for those of more than a second to be exceptions. */
    private static final double FEW = 0.1;

    private static final long SECOND_MICROS = 1_000_000;
    private static final double NEARLY_ALL = 0.9;
    private static final int OVERSIZED = 3;
    private static final int LEAST_CLIENTS = 10;
    private static final int LEAST_SERVERS = 4;

    private final PoolKey pool;
    private final AdviceWindow window;
    private final Tally seen;
    private final Bounds bounds;

    private Judge(PoolKey pool, AdviceWindow window, Tally seen, Bounds bounds) {
        this.pool = pool;
        this.window = window;
        this.seen = seen;
        this.bounds = bounds;
    }

    static PoolAdvice judge(PoolKey pool, AdviceWindow window, Tally seen, Bounds bounds) {
        return new Judge(pool, window, seen, bounds).judge();
    }

    private PoolAdvice judge() {
        Verdict verdict = verdict();
        PoolAdvice.Sizes sizes = sizes(verdict);
        return new PoolAdvice(
                pool,
                window,
                Duration.ofNanos(seen.observedNanos),
                bounds.size(),
                verdict,
                remarks(verdict, sizes),
                sizes,
                new PoolAdvice.Servers(
                        seen.inUse.mean(),
                        (int) seen.inUse.quantile(0.5),
                        (int) seen.inUse.quantile(0.99),
                        (int) seen.peakInUse,
                        seen.share(seen.looksWithIdle),
                        seen.share(seen.looksShort)),
                new PoolAdvice.Clients(
                        (int) seen.clients.quantile(0.5), (int) seen.clients.most(), (int) seen.peakDemand),
                new PoolAdvice.Waits(
                        seen.waits,
                        seen.connectWaits,
                        Duration.ofNanos(seen.waitNanos),
                        micros(seen.waitMicros.quantile(0.5)),
                        micros(seen.waitMicros.quantile(0.99)),
                        micros(seen.waitMicros.most())),
                work());
    }

    private Verdict verdict() {
        if (seen.transactions == 0 || seen.observedNanos < LEAST_NANOS) {
            return Verdict.NOT_ENOUGH_SEEN;
        }
        if (!matters(seen.waits + seen.connectWaits)) {
            return isTooLarge() ? Verdict.TOO_LARGE : Verdict.SUFFICIENT;
        }
        if (seen.connectWaits > seen.waits) {
            return Verdict.SLOW_TO_CONNECT;
        }
        Doings doings = seen.whenShort;
        if (doings.idleInTransaction() >= MOST) {
            return Verdict.HELD_BY_IDLE_TRANSACTIONS;
        }
        if (doings.kept() >= MOST) {
            return Verdict.HELD_BY_SESSIONS;
        }
        if (longRunning(doings) >= MOST && seen.transactionMicros.shareFrom(SECOND_MICROS) < FEW) {
            return Verdict.HELD_BY_LONG_TRANSACTIONS;
        }
        return Verdict.TOO_SMALL;
    }

    /** Looks find out what goes on, but late; what has ended is known from its beginning. */
    private double longRunning(Doings doings) {
        return Math.max(doings.longRunning(), seen.transactionMicros.sumShareFrom(SECOND_MICROS));
    }

    private boolean matters(long waits) {
        return waits >= LEAST_WAITS && waits * RARE > seen.transactions;
    }

    private boolean isTooLarge() {
        return bounds.size() >= LEAST_SERVERS && seen.waits == 0 && 2 * seen.peakInUse < bounds.size() && isWhole();
    }

    private boolean isWhole() {
        return seen.observedNanos >= NEARLY_ALL * window.length().toNanos() * (1 - 1.0 / window.parts());
    }

    private PoolAdvice.Sizes sizes(Verdict verdict) {
        OptionalInt possible = IntStream.concat(bounds.server().stream(), bounds.shared().stream())
                .min();
        if (verdict == Verdict.NOT_ENOUGH_SEEN) {
            return new PoolAdvice.Sizes(OptionalInt.empty(), OptionalInt.empty(), possible);
        }
        boolean isShort = matters(seen.waits);
        if (!isShort && seen.needed.weight() == 0) {
            OptionalInt peak = OptionalInt.of((int) Math.max(1, seen.peakInUse));
            return new PoolAdvice.Sizes(peak, peak, possible);
        }
        // where some have waited, what there was cannot be enough
        long more = bounds.size() == 0 || !isShort ? 1 : bounds.size() + 1L;
        Sketch needed = seen.needed.weight() == 0 ? seen.demand : seen.needed;
        return new PoolAdvice.Sizes(
                OptionalInt.of((int) Math.max(more, needed.quantile(0.99))),
                OptionalInt.of((int) Math.max(more, needed.quantile(0.999))),
                possible);
    }

    private Set<Remark> remarks(Verdict verdict, PoolAdvice.Sizes sizes) {
        Set<Remark> remarks = EnumSet.noneOf(Remark.class);
        if (!isWhole()) {
            remarks.add(Remark.PARTLY_SEEN);
        }
        if (seen.share(seen.looksShort) > MOST) {
            remarks.add(Remark.MOSTLY_SHORT);
        }
        long clients = seen.clients.quantile(0.5);
        if (clients >= LEAST_CLIENTS && clients >= OVERSIZED * Math.max(1, seen.peakDemand)) {
            remarks.add(Remark.CLIENTS_OVERSIZED);
        }
        if (verdict == Verdict.TOO_SMALL) {
            remarks.add(Remark.PROCESSORS_UNKNOWN);
            Stream.of(Remark.BEYOND_MAX_CONNECTIONS, Remark.BEYOND_SHARED_LIMIT)
                    .filter(remark -> isBeyond(sizes, remark))
                    .forEach(remarks::add);
        }
        return remarks;
    }

    private boolean isBeyond(PoolAdvice.Sizes sizes, Remark remark) {
        OptionalInt bound = remark == Remark.BEYOND_MAX_CONNECTIONS ? bounds.server() : bounds.shared();
        return bound.isPresent() && sizes.for999().orElse(0) > bound.getAsInt();
    }

    private PoolAdvice.Work work() {
        Doings doings = seen.waits > 0 ? seen.whenShort : seen.whenEnough;
        return new PoolAdvice.Work(
                seen.transactions,
                micros(seen.transactionMicros.quantile(0.5)),
                micros(seen.transactionMicros.quantile(0.99)),
                Duration.ofNanos(Math.max(0, seen.transactionNanos - seen.queryNanos)),
                doings.idleInTransaction(),
                longRunning(doings),
                doings.kept());
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1_000);
    }
}
