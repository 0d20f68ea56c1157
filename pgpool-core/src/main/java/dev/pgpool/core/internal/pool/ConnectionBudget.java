package dev.pgpool.core.internal.pool;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How many servers a pool may have and how many may be under construction at once. A permit is held from the start of a
 * connect until the connection is gone. Shared by the lanes of a pool; thread-safe without locks.
 *
 * <p>There may be caps that the pool shares with others: of its database, of its user, and of its fleet. Then a permit of the
 * pool is one of each of them, too.
 */
public final class ConnectionBudget {
    private static final long NEVER = Long.MIN_VALUE;

    /** What came of the wish to connect. */
    enum Start {
        STARTED,
        /** A connect failed lately and it is too early to try again. */
        TOO_EARLY,
        /** Enough are under construction. */
        ENOUGH_CONNECTING,
        POOL_FULL,
        DATABASE_FULL,
        USER_FULL,
        FLEET_FULL
    }

    private volatile int maxServers;
    private volatile int reserve;
    private volatile int maxConnecting;
    private final @Nullable SharedCap database;
    private final @Nullable SharedCap user;
    private final @Nullable FleetCap fleet;
    private final AtomicInteger servers = new AtomicInteger();
    private final AtomicInteger connecting = new AtomicInteger();
    private final AtomicLong blockedUntilNanos = new AtomicLong(NEVER);

    public ConnectionBudget(int maxServers, int maxConnecting) {
        this(maxServers, 0, maxConnecting, null, null);
    }

    /** @param maxServers 0 for no limit */
    ConnectionBudget(
            int maxServers, int reserve, int maxConnecting, @Nullable SharedCap database, @Nullable SharedCap user) {
        this(maxServers, reserve, maxConnecting, database, user, null);
    }

    /** @param fleet what the pool shares with those of other processes, if it does */
    ConnectionBudget(
            int maxServers,
            int reserve,
            int maxConnecting,
            @Nullable SharedCap database,
            @Nullable SharedCap user,
            @Nullable FleetCap fleet) {
        limit(maxServers, reserve, maxConnecting);
        this.fleet = fleet;
        this.database = database;
        this.user = user;
    }

    /** There may be more, or fewer, from now on; permits that are taken stay so. */
    final void limit(int servers, int inReserve, int underConstruction) {
        maxServers = servers == 0 ? Integer.MAX_VALUE - inReserve : servers;
        reserve = inReserve;
        maxConnecting = underConstruction;
    }

    /**
     * Takes a permit and a place among those under construction, if both are free.
     *
     * @param most servers that there may be then
     * @param woken whether the caller was woken by a cap, and need not mind its queue
     */
    Start tryStartConnect(long nowNanos, int most, boolean woken) {
        if (isBlocked(nowNanos)) {
            return Start.TOO_EARLY;
        }
        if (!increment(connecting, maxConnecting)) {
            return Start.ENOUGH_CONNECTING;
        }
        Start outcome = tryTake(most, woken);
        if (outcome != Start.STARTED) {
            connecting.decrementAndGet();
        }
        return outcome;
    }

    private Start tryTake(int most, boolean woken) {
        if (!increment(servers, most)) {
            return Start.POOL_FULL;
        }
        if (database != null && !database.tryTake(woken)) {
            servers.decrementAndGet();
            return Start.DATABASE_FULL;
        }
        if (user != null && !user.tryTake(woken)) {
            servers.decrementAndGet();
            if (database != null) {
                database.give();
            }
            return Start.USER_FULL;
        }
        if (fleet != null && !fleet.tryTake(woken)) {
            gone();
            return Start.FLEET_FULL;
        }
        return Start.STARTED;
    }

    /** The cap that was in the way, if it was one. */
    @Nullable
    SharedCap capBehind(Start outcome) {
        return switch (outcome) {
            case DATABASE_FULL -> database;
            case USER_FULL -> user;
            case FLEET_FULL -> fleet;
            case STARTED, TOO_EARLY, ENOUGH_CONNECTING, POOL_FULL -> null;
        };
    }

    /** The caps that have no permit to give. */
    List<SharedCap> fullCaps() {
        return Stream.of(
                        Optional.ofNullable(database), Optional.ofNullable(user), Optional.<SharedCap>ofNullable(fleet))
                .flatMap(Optional::stream)
                .filter(SharedCap::isFull)
                .toList();
    }

    /** The connect succeeded; the permit stays with the connection. */
    void connected() {
        blockedUntilNanos.set(NEVER);
        connecting.decrementAndGet();
    }

    /** The connect failed; no lane tries again before the given time. */
    void connectFailed(long retryAtNanos) {
        blockedUntilNanos.set(retryAtNanos);
        connecting.decrementAndGet();
        if (fleet != null) {
            fleet.failed();
        }
        gone();
    }

    /** An attempt has failed before this budget was made. */
    void block(long retryAtNanos) {
        blockedUntilNanos.set(retryAtNanos);
    }

    /** When the next attempt is due; null if it may be made at once. */
    @Nullable
    Long blockedUntilNanos(long nowNanos) {
        return isBlocked(nowNanos) ? Long.valueOf(blockedUntilNanos.get()) : null;
    }

    /** There is a reason to try again sooner than the last failure said. */
    void unblock() {
        blockedUntilNanos.set(NEVER);
    }

    /** Servers that the caps leave to this pool now, those that it has among them; empty if there is no cap. */
    OptionalInt sharedRoom() {
        int own = servers.get();
        IntStream caps = Stream.of(Optional.ofNullable(database), Optional.ofNullable(user))
                .flatMap(Optional::stream)
                .filter(SharedCap::limits)
                .mapToInt(cap -> Math.max(0, cap.max() - Math.max(0, cap.taken() - own)));
        IntStream others = fleet == null ? IntStream.empty() : fleet.room(own).stream();
        return IntStream.concat(caps, others).min();
    }

    /** A connection is gone; a fleet hears of it elsewhere. */
    void gone() {
        servers.decrementAndGet();
        if (database != null) {
            database.give();
        }
        if (user != null) {
            user.give();
        }
    }

    /** Whether a connect could start now, as far as the pool's own numbers go. */
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

    /** Whether there are servers, those under construction not counted. */
    boolean hasReady() {
        return servers.get() > connecting.get();
    }

    public int maxServers() {
        return maxServers;
    }

    boolean hasLimit() {
        return maxServers < Integer.MAX_VALUE - reserve;
    }

    /** Servers that there may be when clients have waited too long. */
    int maxWithReserve() {
        return maxServers + reserve;
    }

    static boolean increment(AtomicInteger counter, int max) {
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
