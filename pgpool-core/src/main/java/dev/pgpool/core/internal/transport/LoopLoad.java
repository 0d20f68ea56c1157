package dev.pgpool.core.internal.transport;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;

/** How much of a core the thread of each event loop takes, by the system's account of it. Not thread-safe. */
final class LoopLoad {
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final List<EventLoop> loops;
    private final long[] taken;
    private final double[] shares;
    private long lastNanos;

    LoopLoad(List<EventLoop> loops) {
        this.loops = List.copyOf(loops);
        this.taken = new long[loops.size()];
        this.shares = new double[loops.size()];
    }

    /** Whether the system keeps account. */
    boolean isKnown() {
        return threads.isThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled();
    }

    /**
     * Looks.
     *
     * @return for how long it has not looked; 0 for the first time
     */
    long look(long nowNanos) {
        long elapsed = lastNanos == 0 ? 0 : nowNanos - lastNanos;
        lastNanos = nowNanos;
        for (int i = 0; i < taken.length; i++) {
            long thread = ((SingleThreadEventExecutor) loops.get(i))
                    .threadProperties()
                    .id();
            long now = threads.getThreadCpuTime(thread);
            shares[i] = elapsed <= 0 || now < taken[i] ? 0 : (double) (now - taken[i]) / elapsed;
            taken[i] = now;
        }
        return elapsed;
    }

    /** What it saw, for each loop; lent until the next look. */
    double[] shares() {
        return shares;
    }
}
