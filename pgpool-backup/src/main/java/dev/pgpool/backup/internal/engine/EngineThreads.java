package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.config.BackupConfig;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of an engine, all daemons. Fetchers are apart from senders, so that a verification cannot keep a backup from
 * sending; senders also read the catalog.
 */
record EngineThreads(
        ThreadPoolExecutor senders,
        ThreadPoolExecutor fetchers,
        ExecutorService workers,
        ScheduledExecutorService timer) {

    static EngineThreads start(BackupConfig config) {
        int parallelism = config.transfer().parallelism();
        return new EngineThreads(
                pool(parallelism * config.dump().parallelDatabases(), "pgpool-backup-send"),
                pool(parallelism, "pgpool-backup-fetch"),
                Executors.newCachedThreadPool(named("pgpool-backup-work")),
                Executors.newScheduledThreadPool(1, named("pgpool-backup-timer")));
    }

    private static ThreadPoolExecutor pool(int size, String name) {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(size, size, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory named(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    void close() {
        timer.shutdownNow();
        workers.shutdownNow();
        senders.shutdownNow();
        fetchers.shutdownNow();
    }
}
