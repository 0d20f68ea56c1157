package dev.pgpool.core.internal.hosts;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.HostsConfig;
import dev.pgpool.core.config.LoadBalanceHosts;
import dev.pgpool.core.config.TargetSessionAttributes;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The hosts of one pool, and in which order a new connection tries them and their addresses. Thread-safe. */
public final class ServerHosts {
    /**
     * In which order one connection tries the hosts.
     *
     * @param hosts all of them
     * @param turn how often each host has been the first one before; addresses take turns by it
     */
    record Order(List<HostConfig> hosts, int turn) {}

    private final HostsConfig config;
    private final List<HostConfig> names;
    private final boolean sticky;
    private final AtomicInteger begun = new AtomicInteger();
    private volatile int favourite;

    public ServerHosts(HostsConfig config) {
        this.config = config;
        this.names = config.hosts().stream().filter(HostResolver::isName).toList();
        // there is one primary at a time, so taking turns would only visit the others in vain
        this.sticky = config.loadBalance() == LoadBalanceHosts.DISABLE
                || config.targetSessionAttributes() == TargetSessionAttributes.PRIMARY
                || config.targetSessionAttributes() == TargetSessionAttributes.READ_WRITE;
    }

    TargetSessionAttributes wanted() {
        return config.targetSessionAttributes();
    }

    /** Those whose addresses may change. */
    List<HostConfig> names() {
        return names;
    }

    /** The order for the next connection. */
    Order next() {
        int count = config.hosts().size();
        int turn = begun.getAndIncrement() & Integer.MAX_VALUE;
        int first = sticky ? favourite : turn % count;
        List<HostConfig> order = new ArrayList<>(config.hosts());
        Collections.rotate(order, -first);
        return new Order(order, sticky ? turn : turn / count);
    }

    /** A connection to this host was made. */
    void succeeded(HostConfig host) {
        favourite = Math.max(0, config.hosts().indexOf(host));
    }

    /**
     * The addresses of one host in the order to try them. They take turns, but only those of the first one's family:
     * IPv4 and IPv6 addresses of a name mostly are the same server, and one of the families often doesn't work.
     */
    List<SocketAddress> order(List<SocketAddress> addresses, int turn) {
        if (addresses.size() == 1 || config.loadBalance() == LoadBalanceHosts.DISABLE) {
            return addresses;
        }
        boolean v4 = isV4(addresses.get(0));
        List<SocketAddress> family =
                new ArrayList<>(addresses.stream().filter(a -> isV4(a) == v4).toList());
        Collections.rotate(family, -(turn % family.size()));
        addresses.stream().filter(a -> isV4(a) != v4).forEach(family::add);
        return family;
    }

    private static boolean isV4(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet4Address;
    }
}
