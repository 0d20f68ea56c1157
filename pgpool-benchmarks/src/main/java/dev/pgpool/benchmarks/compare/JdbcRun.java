package dev.pgpool.benchmarks.compare;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** So many threads do the same over one road: first unmeasured, then measured. */
final class JdbcRun {
    /** Sixteen buckets for each power of two: times are known to six percent. */
    private static final int FINE_BITS = 4;

    private static final int BUCKETS = 64 << FINE_BITS;

    /** A connection that is held is measured from here on: pgjdbc prepares a statement when it comes for the fifth time. */
    private static final int FIRST_TIMES = 6;

    private final JdbcRoad road;
    private final JdbcLoad load;
    private final LongSupplier cpuMicros;
    private final AtomicReference<@Nullable Exception> problem = new AtomicReference<>();
    private volatile boolean measuring;
    private volatile boolean over;

    /** @param cpuMicros what all processes have used so far, PostgreSQL's apart */
    JdbcRun(JdbcRoad road, JdbcLoad load, LongSupplier cpuMicros) {
        this.road = road;
        this.load = load;
        this.cpuMicros = cpuMicros;
    }

    Cell.Round run(int threads, ThreadFactory factory, long warmUpMillis, long millis) throws Exception {
        CountDownLatch ready = new CountDownLatch(threads);
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Worker worker = new Worker(ready);
            workers.add(worker);
            worker.thread = factory.newThread(worker);
            worker.thread.start();
        }
        ready.await();
        TimeUnit.MILLISECONDS.sleep(warmUpMillis);
        long cpu = cpuMicros.getAsLong();
        long begin = System.nanoTime();
        measuring = true;
        TimeUnit.MILLISECONDS.sleep(millis);
        measuring = false;
        long nanos = System.nanoTime() - begin;
        cpu = cpuMicros.getAsLong() - cpu;
        over = true;
        long[] times = new long[BUCKETS];
        for (Worker worker : workers) {
            worker.thread.join();
            for (int i = 0; i < BUCKETS; i++) {
                times[i] += worker.times[i];
            }
        }
        Exception seen = problem.get();
        if (seen != null) {
            throw seen;
        }
        long done = 0;
        for (long count : times) {
            done += count;
        }
        return new Cell.Round(
                done * 1e9 / nanos,
                millisAt(times, done, 0.5),
                millisAt(times, done, 0.99),
                (double) cpu / Math.max(1, done),
                0);
    }

    private static double millisAt(long[] times, long total, double share) {
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += times[i];
            if (seen >= total * share && seen > 0) {
                int power = i >> FINE_BITS;
                double fine = 1 + (i & ((1 << FINE_BITS) - 1)) / (double) (1 << FINE_BITS);
                return Math.scalb(fine, power) / 1e6;
            }
        }
        return 0;
    }

    private static int bucket(long nanos) {
        int power = 63 - Long.numberOfLeadingZeros(Math.max(1 << FINE_BITS, nanos));
        int fine = (int) (nanos >> (power - FINE_BITS)) & ((1 << FINE_BITS) - 1);
        return (power << FINE_BITS) | fine;
    }

    private final class Worker implements Runnable {
        private final CountDownLatch ready;
        private final int[] times = new int[BUCKETS];
        private Thread thread = Thread.currentThread();

        Worker(CountDownLatch ready) {
            this.ready = ready;
        }

        @Override
        public void run() {
            try {
                if (road.held()) {
                    hold();
                } else {
                    ready.countDown();
                    takeTurns();
                }
            } catch (Exception e) {
                problem.compareAndSet(null, e);
                over = true;
                ready.countDown();
            }
        }

        private void hold() throws Exception {
            try (Connection connection = road.opener().open()) {
                for (int i = 0; i < FIRST_TIMES && !over; i++) {
                    load.once(connection);
                }
                ready.countDown();
                while (!over) {
                    long begin = System.nanoTime();
                    load.once(connection);
                    note(begin);
                }
            }
        }

        private void takeTurns() throws Exception {
            while (!over) {
                long begin = System.nanoTime();
                try (Connection connection = road.opener().open()) {
                    if (over) {
                        // thousands may have waited for their turn
                        return;
                    }
                    load.once(connection);
                }
                note(begin);
            }
        }

        private void note(long begin) {
            if (measuring) {
                times[bucket(System.nanoTime() - begin)]++;
            }
        }
    }
}
