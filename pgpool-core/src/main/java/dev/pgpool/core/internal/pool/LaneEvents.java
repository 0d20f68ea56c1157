package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.figures.LaneCounters;
import dev.pgpool.core.internal.jfr.FlightEvents;
import dev.pgpool.core.internal.log.LogLine;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts and tells what clients of a lane do. Confined to the event loop of the lane. */
final class LaneEvents {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServerLane.class);

    private final ServerPool pool;
    private final LaneCounters counters;

    LaneEvents(ServerPool pool, LaneCounters counters) {
        this.pool = pool;
        this.counters = counters;
    }

    /** A client keeps its server beyond its transaction for the kinds of state in {@code after}; before for others. */
    void pinned(int before, int after) {
        counters.countPins(before, after);
        for (SessionState kind : SessionState.values()) {
            if ((after & ~before & kind.bit()) != 0) {
                LogLine.debug(LOGGER, "client pinned to its server")
                        .with("pool", pool.key())
                        .with("reason", kind.label())
                        .write();
                pool.services().listener().onPinned(pool.key(), kind);
            }
        }
    }

    /** A client got its server after this time. */
    void waited(long nanos) {
        counters.waited(nanos);
        FlightEvents.linkWait(pool.key(), nanos);
        PgPoolListener listener = pool.services().listener();
        if (listener != PgPoolListener.NONE) {
            listener.onWaited(pool.key(), Duration.ofNanos(nanos));
        }
    }
}
