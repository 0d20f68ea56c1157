package dev.pgpool.examples.quickstart;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Threads that each take a connection, ask something, wait for something slow such as another service, ask again, and give it
 * back: what most services do while a connection is open.
 */
final class Holders {
    static final int SLOW_MILLIS = 50;

    private final DataSource connections;
    private final boolean kept;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong done = new AtomicLong();
    private final AtomicReference<@Nullable Exception> problem = new AtomicReference<>();
    private volatile boolean over;

    /** @param kept whether a thread keeps its connection; if not, it gives it back each time */
    Holders(DataSource connections, boolean kept) {
        this.connections = connections;
        this.kept = kept;
    }

    /**
     * Works for the given time and waits for the last thread.
     *
     * @return how many times a thread has done all of it, per second
     */
    double run(int threads, ThreadFactory factory, Duration duration, Progress progress)
            throws SQLException, InterruptedException {
        List<Thread> started = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread thread = factory.newThread(this::hold);
            started.add(thread);
            thread.start();
        }
        while (kept && open.get() < threads && problem.get() == null) {
            Thread.sleep(10);
        }
        long before = done.get();
        long begin = System.nanoTime();
        progress.show(duration, () -> done.get() - before);
        double rate = (done.get() - before) * 1e9 / (System.nanoTime() - begin);
        over = true;
        for (Thread thread : started) {
            thread.join();
        }
        Exception seen = problem.get();
        if (seen != null) {
            throw new SQLException("a thread failed: " + seen.getMessage(), seen);
        }
        return rate;
    }

    private void hold() {
        try {
            while (!over) {
                try (Connection connection = connections.getConnection();
                        Statement statement = connection.createStatement()) {
                    open.incrementAndGet();
                    do {
                        statement.execute("SELECT 1");
                        Thread.sleep(SLOW_MILLIS);
                        statement.execute("SELECT 2");
                        done.incrementAndGet();
                    } while (kept && !over);
                    open.decrementAndGet();
                }
            }
        } catch (SQLException | InterruptedException e) {
            problem.compareAndSet(null, e);
        }
    }
}
