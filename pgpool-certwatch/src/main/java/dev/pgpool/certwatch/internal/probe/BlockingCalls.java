package dev.pgpool.certwatch.internal.probe;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs what may block for ever: name resolution and reads of files that live on another machine. A call that hangs keeps
 * its thread, and while it does, no further one with the same key is begun, so one name server or mount that does not answer takes one thread for
 * each of its names and not the whole pool.
 */
public final class BlockingCalls implements AutoCloseable {

    private static final int MAX_THREADS = 64;

    private final Map<String, Running> running = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor pool;

    private record Running(CompletableFuture<Object> result, long startedNanos) {}

    /** A pool whose threads are daemons and end when idle. */
    public BlockingCalls() {
        pool = new ThreadPoolExecutor(
                MAX_THREADS,
                MAX_THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                NamedThreads.named("certwatch-io"));
        pool.allowCoreThreadTimeOut(true);
    }

    /**
     * Runs a call, or joins one of the same key that began a moment ago. The future fails with what the call throws, or
     * with a {@link TimeoutException} when the call does not end, or an earlier one of its key has not ended.
     *
     * @param key what is called; the same key always stands for the same type of result
     */
    @SuppressWarnings("unchecked") // by the promise of the key
    public <T> CompletableFuture<T> call(String key, Callable<T> call, long timeoutNanos) {
        Running mine = new Running(new CompletableFuture<>(), System.nanoTime());
        Running earlier = running.putIfAbsent(key, mine);
        if (earlier != null) {
            return System.nanoTime() - earlier.startedNanos() < timeoutNanos
                    ? (CompletableFuture<T>) earlier.result().copy().orTimeout(timeoutNanos, TimeUnit.NANOSECONDS)
                    : CompletableFuture.failedFuture(
                            new TimeoutException("an earlier attempt still hangs, so no further one was made"));
        }
        try {
            pool.execute(() -> run(key, mine, call));
        } catch (RejectedExecutionException e) {
            running.remove(key);
            mine.result().completeExceptionally(e);
        }
        return (CompletableFuture<T>) mine.result().copy().orTimeout(timeoutNanos, TimeUnit.NANOSECONDS);
    }

    private void run(String key, Running mine, Callable<?> call) {
        try {
            Object value = call.call();
            running.remove(key);
            mine.result().complete(value);
        } catch (Throwable e) {
            running.remove(key);
            mine.result().completeExceptionally(e);
        }
    }

    /** The pool, for calls that are bounded by themselves. */
    public Executor executor() {
        return pool;
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
