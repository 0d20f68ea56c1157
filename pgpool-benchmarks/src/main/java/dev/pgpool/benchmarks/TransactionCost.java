package dev.pgpool.benchmarks;

import com.sun.management.ThreadMXBean;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * What one transaction costs in this process, without a kernel: a simple query with one row over channels in memory, in bytes
 * allocated, and in CPU time of the thread as a multiple of a loop whose length never changes, measured in turns with it.
 * So the figure is about the same on a fast and on a slow machine, on a quiet and on a busy one.
 */
public final class TransactionCost {
    private static final int WARM_UP_ROUNDS = 20;
    private static final int ROUNDS = 21;
    private static final int TRANSACTIONS = 10_000;
    private static final int LOOPS = 3_000;
    private static final int STEPS = 1_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private long state = 88172645463325252L;

    private TransactionCost() {}

    public static void main(String[] args) throws InterruptedException {
        // Netty reuses objects on threads of its own kind
        Thread thread = new FastThreadLocalThread(() -> new TransactionCost().measure());
        thread.start();
        thread.join();
    }

    private void measure() {
        RelayBenchmark relay = new RelayBenchmark();
        relay.rows = 1;
        relay.fill();
        double[] ratios = new double[ROUNDS];
        long allocated = 0;
        for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
            long before = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < LOOPS; i++) {
                loop();
            }
            long between = THREADS.getCurrentThreadCpuTime();
            long bytesBefore =
                    THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
            for (int i = 0; i < TRANSACTIONS; i++) {
                relay.transaction();
            }
            long after = THREADS.getCurrentThreadCpuTime();
            if (round >= 0) {
                allocated +=
                        THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - bytesBefore;
                ratios[round] = (double) (after - between) / TRANSACTIONS / ((double) (between - before) / LOOPS);
            }
        }
        relay.close();
        Arrays.sort(ratios);
        System.out.printf(Locale.ROOT, "allocated %.2f%n", (double) allocated / ROUNDS / TRANSACTIONS);
        System.out.printf(Locale.ROOT, "loops %.3f%n", ratios[ROUNDS / 2]);
        // the compiler may not leave the loop out
        System.out.printf(Locale.ROOT, "state %d%n", state);
    }

    /** Each step needs the one before: it can't be done several at a time. */
    private void loop() {
        long x = state;
        for (int i = 0; i < STEPS; i++) {
            x ^= x << 13;
            x ^= x >>> 7;
            x ^= x << 17;
        }
        state = x;
    }
}
