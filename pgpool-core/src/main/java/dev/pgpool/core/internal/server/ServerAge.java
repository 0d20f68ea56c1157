package dev.pgpool.core.internal.server;

/**
 * How old a server connection is, and since when no client has used it, by its lane's clock, which ticks: reading the real
 * one would cost something in each transaction. Plain fields, confined to the event loop of the server.
 */
public final class ServerAge {
    /** What was made this short a time ago is good. */
    private static final long FRESH_NANOS = 1_000_000_000;

    private final long connectedNanos;
    private long lifetimeNanos;
    private long idleSinceNanos;
    /** How long the client that has it had waited for it. */
    private long waitedNanos;
    /** Whether a client has had it for more than its login. */
    private boolean used;

    private boolean checking;
    private Succession succession = Succession.NONE;

    /** Who comes after a server that has reached its age. */
    public enum Succession {
        NONE,
        /** A replacement is being made. */
        BEGUN,
        /** The replacement is there. */
        DONE
    }

    /** @param lifetimeNanos age at which it is to be replaced */
    public ServerAge(long connectedNanos, long lifetimeNanos) {
        this.connectedNanos = connectedNanos;
        this.lifetimeNanos = lifetimeNanos;
        this.idleSinceNanos = connectedNanos;
    }

    /** It is to be replaced at this age from now on. */
    public void lifetime(long nanos) {
        lifetimeNanos = nanos;
    }

    long connectedNanos() {
        return connectedNanos;
    }

    /** No client uses it from now on. */
    public void becameIdle(long nowNanos) {
        idleSinceNanos = nowNanos;
        waitedNanos = 0;
    }

    /** A client gets it that has waited for so long. */
    public void waited(long nanos) {
        waitedNanos = nanos;
    }

    /** How long the client that has it had waited for it; 0 if it got it at once. */
    public long waitedNanos() {
        return waitedNanos;
    }

    public long idleSinceNanos() {
        return idleSinceNanos;
    }

    public long idleNanos(long nowNanos) {
        return nowNanos - idleSinceNanos;
    }

    /** Whether it has lived long enough. */
    public boolean isOver(long nowNanos) {
        return nowNanos - connectedNanos >= lifetimeNanos;
    }

    /** A client has it. */
    public void used() {
        used = true;
    }

    /** Whether a client has had it for more than its login. */
    public boolean isUsed() {
        return used;
    }

    /** Whether it was made just now, and no client has had it. */
    public boolean isFresh(long nowNanos) {
        return !used && nowNanos - connectedNanos < FRESH_NANOS;
    }

    /** How long it has lived beyond its time; negative before. */
    public long overdueNanos(long nowNanos) {
        return nowNanos - connectedNanos - lifetimeNanos;
    }

    public boolean isChecking() {
        return checking;
    }

    public void checking(boolean now) {
        checking = now;
    }

    public Succession succession() {
        return succession;
    }

    public void succession(Succession now) {
        succession = now;
    }
}
