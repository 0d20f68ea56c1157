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

    /** How long the event loop may have to wait for being called again by a thread that waits for its turn. */
    private static final long LOOK_AGAIN_NANOS = 10_000_000;

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
            attend();
        }
    }

    /** The event loop is called. */
    void attend() {
        channel.attend();
    }

    /** The event loop is called when the lock is given back. */
    void wantAttention() {
        attentionWanted = true;
    }

    /** Another thread of the host does the same thing at this moment: waits until it may have an end. Its callers look again. */
    void awaitTurn() {
        awaitTurn(Long.MAX_VALUE);
    }

    /** The same for no longer than that; gives what is left of it. */
    @SuppressWarnings("WaitNotInLoop") // its callers look again
    long awaitTurn(long nanos) {
        long begin = System.nanoTime();
        boolean interrupted = Thread.interrupted();
        try {
            turns().awaitNanos(Math.min(nanos, LOOK_AGAIN_NANOS));
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (missed) {
            // the event loop came while this thread had the lock, which the wait gave back without a word
            missed = false;
            attend();
        }
        return nanos - (System.nanoTime() - begin);
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

    /** Whether the host writes no more; from any thread. */
    boolean isEnded() {
        return callerClosed || toPooler.isEnded();
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
