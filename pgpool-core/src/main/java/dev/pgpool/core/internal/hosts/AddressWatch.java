package dev.pgpool.core.internal.hosts;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.stats.CloseReason;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Keeps the names behind a lane's servers fresh, and ends servers whose address a name has lost: idle ones at once,
 * others when they are given back. A name that can't be looked up keeps its servers. Confined to the lane's event loop.
 */
public final class AddressWatch {
    /** However short the time to live is, the name service is not asked more often without a connect. */
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<ServerHosts> hosts;
    private final HostResolver resolver;
    private int seenGeneration;
    private long refreshedAtNanos;
    private boolean refreshed;

    public AddressWatch(Supplier<ServerHosts> hosts, HostResolver resolver) {
        this.hosts = hosts;
        this.resolver = resolver;
        this.seenGeneration = resolver.generation();
    }

    /** @param servers those of the lane, used or idle */
    public void onTick(long nowNanos, Set<ServerConnection> servers) {
        List<HostConfig> names = hosts.get().names();
        if (names.isEmpty() || servers.isEmpty()) {
            return;
        }
        if (!refreshed || nowNanos - refreshedAtNanos >= PERIOD_NANOS) {
            refreshed = true;
            refreshedAtNanos = nowNanos;
            names.forEach(resolver::refresh);
        }
        int generation = resolver.generation();
        if (generation != seenGeneration) {
            seenGeneration = generation;
            List.copyOf(servers).forEach(this::retireIfGone);
        }
    }

    /** Also for one that was on its way, or not ready yet, when the others were looked at. */
    public void retireIfGone(ServerConnection server) {
        if (!resolver.isCurrent(server.target().host(), server.target().address())) {
            server.retire(CloseReason.SERVER_ADDRESS_CHANGED);
        }
    }
}
