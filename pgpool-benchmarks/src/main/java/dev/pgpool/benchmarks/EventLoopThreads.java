package dev.pgpool.benchmarks;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs benchmarks on threads of the kind that event loops have, for which Netty keeps buffers and recycled objects; on
 * other threads it makes new ones. JMH is told of it by {@code -Djmh.executor=CUSTOM}.
 */
public final class EventLoopThreads extends ThreadPoolExecutor {
    public EventLoopThreads(int threads, String prefix) {
        super(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(prefix, true));
    }
}
