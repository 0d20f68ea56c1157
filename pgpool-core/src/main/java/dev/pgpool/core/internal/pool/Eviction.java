package dev.pgpool.core.internal.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A search for servers that may be closed so that another pool can have one: of the pools under each cap that is full, the
 * one that was idle for longest. Nothing is closed unless one was found under each of them, since one alone would not help.
 *
 * <p>Goes from lane to lane by tasks on their event loops, since a lane's idle servers are its own. A server that was found
 * may be in use by the time it is to be closed; then the next search is the next chance. Confined to the event loop that it
 * is on at the moment.
 */
final class Eviction {
    /** The lanes under one cap, and the best of them so far. */
    private static final class Search {
        final List<PoolLane<?>> lanes;

        @Nullable
        PoolLane<?> best;

        long bestSinceNanos;

        Search(List<PoolLane<?>> lanes) {
            this.lanes = lanes;
        }

        void consider(PoolLane<?> lane) {
            if (lane.spares().isAny()) {
                long since = lane.spares().oldestSinceNanos();
                if (best == null || since - bestSinceNanos < 0) {
                    best = lane;
                    bestSinceNanos = since;
                }
            }
        }
    }

    private final PoolLane<?> wanting;
    private final List<Search> searches = new ArrayList<>();

    Eviction(List<SharedCap> caps, PoolLane<?> wanting) {
        this.wanting = wanting;
        for (SharedCap cap : caps) {
            searches.add(new Search(cap.othersThan(wanting)));
        }
    }

    void begin() {
        look(0, 0);
    }

    private void look(int number, int index) {
        if (number == searches.size()) {
            evict(0);
            return;
        }
        Search search = searches.get(number);
        if (index < search.lanes.size()) {
            PoolLane<?> lane = search.lanes.get(index);
            on(lane, () -> {
                search.consider(lane);
                look(number, index + 1);
            });
        } else if (search.best == null) {
            end();
        } else {
            look(number + 1, 0);
        }
    }

    private void evict(int number) {
        PoolLane<?> best = number == searches.size() ? null : searches.get(number).best;
        if (best == null) {
            end();
            return;
        }
        on(best, () -> {
            best.spares().evictOldest();
            evict(number + 1);
        });
    }

    private void end() {
        on(wanting, wanting.growth().place()::onEvictionEnded);
    }

    private static void on(PoolLane<?> lane, Runnable task) {
        try {
            lane.execute(task);
        } catch (RejectedExecutionException e) {
            // the pooler is closing: its servers go anyway
        }
    }
}
