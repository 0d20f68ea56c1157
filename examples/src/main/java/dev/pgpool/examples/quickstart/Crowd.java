package dev.pgpool.examples.quickstart;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** All clients, each a thread with its own connection to the pooler. */
public final class Crowd {
    private final int clients;
    private final DataSource pooler;
    private final AtomicLong transactions = new AtomicLong();

    public Crowd(int clients, DataSource pooler) {
        this.clients = clients;
        this.pooler = pooler;
    }

    /**
     * What they did.
     *
     * @param seconds from the first transaction to the end of the last
     * @param latencies of all transactions in nanoseconds, shortest first
     */
    public record Work(double seconds, long[] latencies) {}

    /**
     * Connects all, lets them work for the given time and waits for the last one.
     *
     * @throws SQLException what the first client that failed met
     */
    public Work run(Duration duration, Progress progress) throws SQLException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            BankClient.Start start = new BankClient.Start(clients);
            SplittableRandom random = new SplittableRandom();
            List<Future<Latencies>> results = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                results.add(threads.submit(new BankClient(pooler, random.split(), start, transactions)));
            }
            start.awaitConnected();
            progress.connected(clients);
            long begin = System.nanoTime();
            start.go(duration.toNanos());
            progress.show(duration, transactions::get);
            long[] latencies = collect(results);
            return new Work((System.nanoTime() - begin) / 1e9, latencies);
        } finally {
            threads.shutdown();
        }
    }

    private static long[] collect(List<Future<Latencies>> results) throws SQLException, InterruptedException {
        List<Latencies> latencies = new ArrayList<>();
        for (Future<Latencies> result : results) {
            try {
                latencies.add(result.get());
            } catch (ExecutionException e) {
                throw new SQLException("a client failed: " + e.getMessage(), e);
            }
        }
        return Latencies.sorted(latencies);
    }
}
