package dev.pgpool.core.internal.cancel;

import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how many connections with cancel requests there are at once: to each address, so that one that does not answer
 * does not hold up the others, and in all. Those for which there is no place wait, first come first served; when too many
 * wait, no more are taken. Thread-safe.
 */
public final class CancelGate {
    /** At once to one address: PostgreSQL starts a process for each. */
    public static final int MOST_PER_ADDRESS = 32;
    /** At once in all. */
    public static final int MOST = 256;
    /** That wait for a place. */
    public static final int MOST_WAITING = 10_000;

    private final Map<SocketAddress, Integer> connections = new HashMap<>();
    private final ArrayDeque<Pass> waiting = new ArrayDeque<>();
    private int all;

    /** A place, or a place in the queue. */
    public final class Pass {
        private final SocketAddress to;
        private final Runnable begin;
        private boolean inside;
        private boolean over;

        private Pass(SocketAddress to, Runnable begin) {
            this.to = to;
            this.begin = begin;
        }

        /** The request is over, or is not wanted any more; may be called again. */
        public void leave() {
            CancelGate.this.leave(this);
        }
    }

    /**
     * Asks for a place.
     *
     * @param begin called when there is one, before this returns or later, by whichever thread makes room; must not block
     * @return to be left in any case; null if there are too many already: then {@code begin} is never called
     */
    public @Nullable Pass enter(SocketAddress to, Runnable begin) {
        Pass pass = new Pass(to, begin);
        synchronized (this) {
            if (!mayEnter(to)) {
                if (waiting.size() >= MOST_WAITING) {
                    return null;
                }
                waiting.add(pass);
                return pass;
            }
            take(pass);
        }
        begin.run();
        return pass;
    }

    private boolean mayEnter(SocketAddress to) {
        return all < MOST && connections.getOrDefault(to, 0) < MOST_PER_ADDRESS;
    }

    private void take(Pass pass) {
        pass.inside = true;
        all++;
        connections.merge(pass.to, 1, Integer::sum);
    }

    private void leave(Pass pass) {
        Pass next = null;
        synchronized (this) {
            if (pass.over) {
                return;
            }
            pass.over = true;
            if (!pass.inside) {
                waiting.remove(pass);
                return;
            }
            all--;
            connections.computeIfPresent(pass.to, (to, count) -> count == 1 ? null : count - 1);
            Iterator<Pass> queue = waiting.iterator();
            while (next == null && queue.hasNext()) {
                Pass candidate = queue.next();
                if (mayEnter(candidate.to)) {
                    queue.remove();
                    take(candidate);
                    next = candidate;
                }
            }
        }
        if (next != null) {
            next.begin.run();
        }
    }

    /** Connections at this instant. */
    public synchronized int size() {
        return all;
    }
}
