package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.InstanceConfig;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for what would hold up an event loop; they end when there is nothing to do.
 *
 * @param passwords derives keys from passwords, as many at once as there may be processors to spare
 * @param lookups resolves host names, which may block for seconds: apart, so that a slow name server stops no login
 * @param authenticators calls the host's authenticator, which may block for ever
 * @param directories asks LDAP directories, which may not answer for seconds
 * @param control reads configuration files, one command of an operator after the other
 */
record Workers(
        ExecutorService passwords,
        ExecutorService lookups,
        ExecutorService authenticators,
        ExecutorService directories,
        ExecutorService control) {
    private static final int PASSWORD_THREADS = 2;
    private static final int LOOKUP_THREADS = 8;
    private static final int AUTHENTICATOR_THREADS = 16;
    private static final int DIRECTORY_THREADS = 16;
    /** Logins that wait for those; more are refused. */
    private static final int DIRECTORY_QUEUE = 1_000;

    private static final int IDLE_SECONDS = 10;

    static Workers create(InstanceConfig pooler) {
        return new Workers(
                threads(pooler, "passwords", PASSWORD_THREADS),
                threads(pooler, "lookups", LOOKUP_THREADS),
                threads(pooler, "authenticators", AUTHENTICATOR_THREADS),
                threads(pooler, "directories", DIRECTORY_THREADS, DIRECTORY_QUEUE),
                threads(pooler, "control", 1));
    }

    private static ExecutorService threads(InstanceConfig pooler, String purpose, int count) {
        return threads(pooler, purpose, count, Integer.MAX_VALUE);
    }

    private static ExecutorService threads(InstanceConfig pooler, String purpose, int count, int waiting) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                count,
                count,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(waiting),
                PoolerThreads.of(pooler, purpose));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    void end() {
        passwords.shutdownNow();
        lookups.shutdownNow();
        authenticators.shutdownNow();
        directories.shutdownNow();
        control.shutdownNow();
    }
}
