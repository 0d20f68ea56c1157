package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** How many logins per second a contender takes: connect, log in without a password, send Terminate, close. */
final class LoginRate {
    private static final int MOST_SECONDS = 60;

    private LoginRate() {}

    static double measure(int port, int threads, int seconds) throws InterruptedException, IOException {
        return measure(port, threads, seconds, Long.MAX_VALUE);
    }

    /** The same for a number of logins. */
    static double of(int port, int threads, int logins) throws InterruptedException, IOException {
        return measure(port, threads, MOST_SECONDS, logins / threads);
    }

    private static double measure(int port, int threads, int seconds, long most)
            throws InterruptedException, IOException {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            long start = System.nanoTime();
            long end = start + TimeUnit.SECONDS.toNanos(seconds);
            Callable<Long> client = () -> logInUntil(end, most, port);
            List<Callable<Long>> clients = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                clients.add(client);
            }
            long logins = 0;
            for (Future<Long> done : executor.invokeAll(clients)) {
                logins += done.get();
            }
            return logins * 1e9 / (System.nanoTime() - start);
        } catch (ExecutionException e) {
            throw new IOException("a login failed", e.getCause());
        } finally {
            executor.shutdown();
        }
    }

    private static long logInUntil(long endNanos, long most, int port) throws IOException {
        long logins = 0;
        while (logins < most && System.nanoTime() < endNanos) {
            RawClient.logIn(port).close();
            logins++;
        }
        return logins;
    }
}
