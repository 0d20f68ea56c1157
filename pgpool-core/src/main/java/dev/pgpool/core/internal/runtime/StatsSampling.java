package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.AdminConfig;
import dev.pgpool.core.internal.admin.TrafficHistory;

/** Takes the figures that the console's averages are made of, once in each period. Confined to one event loop. */
final class StatsSampling {
    private final PoolerRuntime pooler;
    private final PoolerControl control;
    private final TrafficHistory history;
    private long lastNanos;

    /** @param beginNanos when the first period has begun, by {@link System#nanoTime} */
    StatsSampling(PoolerRuntime pooler, PoolerControl control, TrafficHistory history, long beginNanos) {
        this.pooler = pooler;
        this.control = control;
        this.history = history;
        this.lastNanos = beginNanos;
    }

    /** The clock of the event loop has ticked. */
    void onTick(long nowNanos) {
        AdminConfig admin = pooler.config().admin();
        if (!admin.isNobody() && nowNanos - lastNanos >= admin.statsPeriod().toNanos()) {
            lastNanos = nowNanos;
            control.snapshot().thenAccept(snapshot -> history.add(snapshot, nowNanos));
        }
    }
}
