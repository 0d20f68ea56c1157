package dev.pgpool.core.internal.advice;

import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.stats.PoolKey;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What was seen of a pool. Its lanes look at themselves some ten times a second, each with a {@link LaneWatch} of its own, and
 * hand over what they have seen once a minute. Thread-safe: what lanes know of each other is one atomic array, which each
 * writes at its own place, and the windows have a lock that no thread holds for longer than an addition takes.
 */
public final class PoolWatch {
    /** Where it is noted when there was work. */
    public interface Book {
        /** @param busyNanos servers in use times nanoseconds */
        void worked(double busyNanos, long transactions);
    }

    /** What a lane tells the others. */
    enum Told {
        IN_USE,
        IDLE,
        WAITING,
        NEEDED,
        LEAST_IDLE,
        MOST_IN_USE,
        MOST_DEMAND;

        private static final int COUNT = values().length;
    }

    private final int lanes;
    private final Book book;
    private final AtomicIntegerArray told;
    private final Windows windows;

    /** @param nowNanos by the clock of all that follows */
    public PoolWatch(int lanes, long nowNanos, Book book) {
        this.book = book;
        this.lanes = lanes;
        this.told = new AtomicIntegerArray(lanes * Told.COUNT);
        this.windows = new Windows(nowNanos);
    }

    int lanes() {
        return lanes;
    }

    void tell(int lane, Told what, int value) {
        told.setOpaque(lane * Told.COUNT + what.ordinal(), value);
    }

    /** Of all lanes, as each has told last. */
    int sum(Told what) {
        int sum = 0;
        for (int lane = 0; lane < lanes; lane++) {
            sum += told.getOpaque(lane * Told.COUNT + what.ordinal());
        }
        return sum;
    }

    int told(int lane, Told what) {
        return told.getOpaque(lane * Told.COUNT + what.ordinal());
    }

    void add(Tally tally, double busyNanos, long nowNanos) {
        synchronized (this) {
            windows.add(tally, nowNanos);
        }
        book.worked(busyNanos, tally.transactions);
    }

    /** What follows from what was seen until now, for each window; lanes may be asked to hand over before. */
    public List<PoolAdvice> advice(PoolKey pool, Bounds bounds, long nowNanos) {
        return Arrays.stream(AdviceWindow.values())
                .map(window -> Judge.judge(pool, window, sum(window, nowNanos), bounds))
                .toList();
    }

    synchronized Tally sum(AdviceWindow window, long nowNanos) {
        return windows.sum(window, nowNanos);
    }
}
