package dev.pgpool.core.internal.embedded;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where the bytes of one connection go from threads of the host to the event loop and back, and which of the two ends has
 * closed it. Everything is under one lock, held for no longer than a copy takes. The event loop does not wait for it: where it
 * comes too late, the thread that has the lock calls it again.
 */
final class Crossing implements Runnable {
    /** How long a copy may take. */
    private static final long NEXT_TRY_NANOS = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final InProcessChannel channel;
    private final ToPooler toPooler = new ToPooler(this);
    private final ToCaller toCaller = new ToCaller(this);

    private @Nullable Condition turns;
    private boolean attentionWanted;
    private boolean poolerClosed;
    private volatile boolean callerClosed;
    private volatile boolean dropped;
    /** The event loop found the lock taken. */
    private volatile boolean missed;

    Crossing(InProcessChannel channel) {
        this.channel = channel;
    }

    ToPooler toPooler() {
        return toPooler;
    }

    ToCaller toCaller() {
        return toCaller;
    }

    // ---- the lock

    /** For threads of the host, which may wait. */
    void enter() {
        lock.lock();
    }

    /**
     * For the end, from any thread. An event loop must not stand in line behind a virtual thread, which may have no carrier
     * left to go on with; who has the lock goes on in any case.
     */
    private void enterAtOnce() {
        while (!lock.tryLock()) {
            LockSupport.parkNanos(this, NEXT_TRY_NANOS);
        }
    }

    /** For the event loop; if not, it is called again. */
    boolean tryEnter() {
        if (lock.tryLock()) {
            return true;
        }
        missed = true;
        if (lock.tryLock()) {
            missed = false;
            return true;
        }
        return false;
    }

    /** The counterpart of both. */
    void leave() {
        if (lock.getHoldCount() > 1) {
            lock.unlock();
            return;
        }
        boolean attention = attentionWanted;
        attentionWanted = false;
        lock.unlock();
        if (missed) {
            missed = false;
            attention = true;
        }
        if (attention) {
            channel.attend();
        }
    }

    /** The event loop is called when the lock is given back. */
    void wantAttention() {
        attentionWanted = true;
    }

    /** Another thread of the host does the same thing at this moment: waits until it may have an end. */
    @SuppressWarnings("WaitNotInLoop") // its callers look again
    void awaitTurn() {
        turns().awaitUninterruptibly();
    }

    /** The same for no longer than that; gives what is left of it. */
    long awaitTurn(long nanos) {
        long deadline = System.nanoTime() + nanos;
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return turns().awaitNanos(deadline - System.nanoTime());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Condition turns() {
        Condition made = turns;
        if (made == null) {
            made = lock.newCondition();
            turns = made;
        }
        return made;
    }

    /** Threads that wait for their turn look again. */
    void nextTurn() {
        if (turns != null) {
            turns.signalAll();
        }
    }

    /** An event loop that waits may wait for itself. */
    void refuseEventLoops() throws EventLoopException {
        channel.entrance().refuseEventLoops();
    }

    // ---- the ends

    /** Whether the pooler has closed the connection; under the lock. */
    boolean isPoolerClosed() {
        return poolerClosed;
    }

    /** Whether the host has closed the connection; from any thread. */
    boolean isCallerClosed() {
        return callerClosed;
    }

    /** Whether the host has lost the connection without closing it; from any thread. */
    boolean isDropped() {
        return dropped;
    }

    /** The pooler closes: what it has written can still be read. From any thread. */
    void closeByPooler() {
        enterAtOnce();
        try {
            poolerClosed = true;
            wakeAll();
        } finally {
            leave();
        }
    }

    /** The host closes: what it has written is still delivered. From any thread. */
    void closeByCaller() {
        enter();
        try {
            if (!callerClosed) {
                callerClosed = true;
                toCaller.forget();
                wakeAll();
                wantAttention();
            }
        } finally {
            leave();
        }
    }

    /** The host has lost its end: called when its socket is collected, or was closed. */
    @Override
    public void run() {
        if (!callerClosed) {
            dropped = true;
            closeByCaller();
        }
    }

    private void wakeAll() {
        LockSupport.unpark(toPooler.wake());
        LockSupport.unpark(toCaller.wake());
        nextTurn();
    }
}
