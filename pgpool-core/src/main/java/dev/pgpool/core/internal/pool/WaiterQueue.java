package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.advice.Need;
import org.jspecify.annotations.Nullable;

/** Waiters, first come first served. Confined to the event loop of its lane. */
final class WaiterQueue<S> {
    private static final int TOLD_SINGLY = 256;

    private @Nullable Waiter<S> first;
    private @Nullable Waiter<S> last;
    /** The first that was not told yet that it waits for long. */
    private @Nullable Waiter<S> firstUntold;

    private int size;

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return size;
    }

    @Nullable
    Waiter<S> peek() {
        return first;
    }

    void add(Waiter<S> waiter, long nowNanos) {
        waiter.waiting = true;
        waiter.waitingSinceNanos = nowNanos;
        waiter.previous = last;
        waiter.next = null;
        if (last == null) {
            first = waiter;
        } else {
            last.next = waiter;
        }
        last = waiter;
        if (firstUntold == null) {
            firstUntold = waiter;
        }
        size++;
    }

    @Nullable
    Waiter<S> poll() {
        Waiter<S> waiter = first;
        if (waiter != null) {
            remove(waiter);
        }
        return waiter;
    }

    /** Tells the clients that have waited since then or longer, each once. */
    void tellLongWait(long sinceNanos) {
        Waiter<S> waiter = firstUntold;
        while (waiter != null && waiter.waitingSinceNanos - sinceNanos <= 0) {
            firstUntold = waiter.next;
            waiter.onLongWait();
            waiter = firstUntold;
        }
    }

    /** Tells of those that wait: of each one among the newest, of the others how many they are. */
    void describe(Need need, long nowNanos) {
        int left = size;
        Waiter<S> waiter = last;
        for (int i = 0; i < TOLD_SINGLY && waiter != null; i++) {
            need.waiting(nowNanos - waiter.waitingSinceNanos);
            waiter = waiter.previous;
            left--;
        }
        if (waiter != null) {
            need.waiting(left, nowNanos - waiter.waitingSinceNanos);
        }
    }

    void remove(Waiter<S> waiter) {
        if (!waiter.waiting) {
            return;
        }
        Waiter<S> previous = waiter.previous;
        Waiter<S> next = waiter.next;
        if (firstUntold == waiter) {
            firstUntold = next;
        }
        if (previous == null) {
            first = next;
        } else {
            previous.next = next;
        }
        if (next == null) {
            last = previous;
        } else {
            next.previous = previous;
        }
        waiter.previous = null;
        waiter.next = null;
        waiter.waiting = false;
        size--;
    }
}
