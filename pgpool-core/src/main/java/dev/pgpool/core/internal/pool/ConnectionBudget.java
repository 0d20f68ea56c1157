package dev.pgpool.core.internal.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many servers a pool may have and how many may be under construction at once. A permit is held from the start of a
 * connect until the connection is gone. Shared by the lanes of a pool; thread-safe without locks.
 */
public final class ConnectionBudget {
    private static final long NEVER = Long.MIN_VALUE;

    private final int maxServers;
    private final int maxConnecting;
    private final AtomicInteger servers = new AtomicInteger();
    private final AtomicInteger connecting = new AtomicInteger();
    private final AtomicLong blockedUntilNanos = new AtomicLong(NEVER);

    public ConnectionBudget(int maxServers, int maxConnecting) {
        this.maxServers = maxServers;
        this.maxConnecting = maxConnecting;
    }

    /** Takes a permit and a place among those under construction, if both are free. */
    boolean tryStartConnect(long nowNanos) {
        long blocked = blockedUntilNanos.get();
        if (blocked != NEVER && blocked - nowNanos > 0) {
            return false;
        }
        if (!increment(connecting, maxConnecting)) {
            return false;
        }
        if (!increment(servers, maxServers)) {
            connecting.decrementAndGet();
            return false;
        }
        return true;
    }

    /** The connect succeeded; the permit stays with the connection. */
    void connected() {
        blockedUntilNanos.set(NEVER);
        connecting.decrementAndGet();
    }

    /** The connect failed; nobody tries again before the given time. */
    void connectFailed(long retryAtNanos) {
        blockedUntilNanos.set(retryAtNanos);
        connecting.decrementAndGet();
        servers.decrementAndGet();
    }

    /** There is a reason to try again sooner than the last failure said. */
    void unblock() {
        blockedUntilNanos.set(NEVER);
    }

    /** A connection is gone. */
    void gone() {
        servers.decrementAndGet();
    }

    /** Whether a connect could start now, as far as numbers go. */
    boolean hasRoom() {
        return servers.get() < maxServers && connecting.get() < maxConnecting;
    }

    /** Whether a connect failed lately and it is too early to try again. */
    boolean isBlocked(long nowNanos) {
        long blocked = blockedUntilNanos.get();
        return blocked != NEVER && blocked - nowNanos > 0;
    }

    /** Servers, those under construction included. */
    public int servers() {
        return servers.get();
    }

    /** Servers under construction. */
    public int connecting() {
        return connecting.get();
    }

    public int maxServers() {
        return maxServers;
    }

    private static boolean increment(AtomicInteger counter, int max) {
        while (true) {
            int current = counter.get();
            if (current >= max) {
                return false;
            }
            if (counter.compareAndSet(current, current + 1)) {
                return true;
            }
        }
    }
}
