package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.store.StoreException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Repeats calls to a store that may succeed the next time, with full jitter between them.
 *
 * @param attempts in all; at least 1
 * @param firstDelay bound of the first pause; it doubles each time
 * @param maxDelay bound of any pause
 * @param outage for which a passing failure is repeated at least, however many attempts that takes
 * @param onRetry told the operation and the cause before each repetition
 */
public record RetryPolicy(
        int attempts, Duration firstDelay, Duration maxDelay, Duration outage, BiConsumer<String, String> onRetry) {

    /** A policy that counts attempts only. */
    public RetryPolicy(int attempts, Duration firstDelay, Duration maxDelay, BiConsumer<String, String> onRetry) {
        this(attempts, firstDelay, maxDelay, Duration.ZERO, onRetry);
    }

    /** Calls, and repeats what is retryable. */
    public <T> T call(String operation, Supplier<T> call) {
        return call(operation, StoreException::retryable, call);
    }

    /** Calls, and repeats what the predicate allows. */
    public <T> T call(String operation, Predicate<StoreException> repeatable, Supplier<T> call) {
        long begun = System.nanoTime();
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (StoreException e) {
                boolean outlived =
                        attempt >= attempts && (!e.retryable() || System.nanoTime() - begun >= outage.toNanos());
                if (outlived || !repeatable.test(e)) {
                    throw e;
                }
                onRetry.accept(operation, String.valueOf(e.getMessage()));
                pause(attempt, e);
            }
        }
    }

    private void pause(int attempt, StoreException cause) {
        long bound = Math.min(maxDelay.toMillis(), firstDelay.toMillis() << Math.min(20, attempt - 1));
        try {
            Thread.sleep(bound <= 0 ? 0 : ThreadLocalRandom.current().nextLong(bound / 2, bound + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cause;
        }
    }
}
