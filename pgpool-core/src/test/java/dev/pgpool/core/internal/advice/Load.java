package dev.pgpool.core.internal.advice;

import java.util.SplittableRandom;
import java.util.function.ToLongFunction;

/**
 * Clients of a simulated pool. The same seed makes the same clients, whatever the pool makes of them.
 *
 * @param clients how many there are
 * @param service draws how long a transaction takes, in nanoseconds
 * @param pause when a client asks that was answered at an instant, and before that never; in nanoseconds
 */
record Load(int clients, Service service, Pause pause) {
    /** How long a transaction takes. */
    interface Service extends ToLongFunction<SplittableRandom> {}

    /** When a client asks the next time. */
    interface Pause {
        long next(int client, long answeredNanos, SplittableRandom dice);
    }

    static final long MILLIS = 1_000_000;
    static final long SECONDS = 1_000 * MILLIS;

    static Service exponential(double meanMillis) {
        return dice -> 1 + (long) (-Math.log(1 - dice.nextDouble()) * meanMillis * MILLIS);
    }

    static Service constant(double millis) {
        return dice -> (long) (millis * MILLIS);
    }

    /** Most are short, a few take very long. */
    static Service skewed(double medianMillis, double sigma) {
        return dice -> 1 + (long) (medianMillis * MILLIS * Math.exp(sigma * gauss(dice)));
    }

    private static double gauss(SplittableRandom dice) {
        return Math.sqrt(-2 * Math.log(1 - dice.nextDouble())) * Math.cos(2 * Math.PI * dice.nextDouble());
    }

    /** Many clients that ask by chance: together, as good as independent requests from outside. */
    static Load many(double requestsPerSecond, Service service) {
        int clients = 5_000;
        return thinking(clients, clients / requestsPerSecond * 1_000, service);
    }

    /** Each asks again some time after it was answered. */
    static Load thinking(int clients, double meanMillis, Service service) {
        Service think = exponential(meanMillis);
        return new Load(clients, service, (client, answered, dice) -> answered + think.applyAsLong(dice));
    }

    /** As {@link #many}, but the rate swings by half, once in a period. */
    static Load swinging(double requestsPerSecond, long periodSeconds, Service service) {
        int clients = 5_000;
        double meanMillis = clients / requestsPerSecond * 1_000;
        return new Load(clients, service, (client, answered, dice) -> {
            long at = answered;
            // thinned out: of one and a half times as many some are left out
            do {
                at += exponential(meanMillis / 1.5).applyAsLong(dice);
            } while (dice.nextDouble() * 1.5
                    > 1 + 0.5 * Math.sin(2 * Math.PI * at / ((double) periodSeconds * SECONDS)));
            return at;
        });
    }

    /** All ask at the same instant, once a second. */
    static Load bursts(int clients, Service service) {
        return new Load(clients, service, (client, answered, dice) -> (answered / SECONDS + 1) * SECONDS);
    }
}
