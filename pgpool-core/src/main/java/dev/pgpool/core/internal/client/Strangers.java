package dev.pgpool.core.internal.client;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Connections whose clients have not proved who they are, by where they come from. When there are too many connections, one
 * of these has to go: the oldest of the address that has most of them. So a peer that opens connections without logging in
 * keeps out only clients of its own address. Thread-safe by one lock, taken when a connection begins and when its login ends.
 *
 * @param <S> what stands for a connection
 */
final class Strangers<S> {
    /** The part of an IPv6 address that is the same for all hosts of one customer. */
    private static final int NETWORK_BYTES = 8;

    private final Map<Origin, LinkedHashSet<S>> byOrigin = new HashMap<>();
    private final Map<S, Origin> origins = new HashMap<>();

    /** An address of version 4, a network of version 6, or all unix sockets together. Ordered, so that addresses chosen to collide do not slow the map down. */
    private record Origin(String name) implements Comparable<Origin> {
        static Origin of(@Nullable SocketAddress from) {
            InetAddress address = from instanceof InetSocketAddress tcp ? tcp.getAddress() : null;
            if (address == null) {
                return new Origin("unix");
            }
            byte[] bytes = address.getAddress();
            return new Origin(
                    Arrays.toString(address instanceof Inet6Address ? Arrays.copyOf(bytes, NETWORK_BYTES) : bytes));
        }

        @Override
        public int compareTo(Origin other) {
            return name.compareTo(other.name);
        }
    }

    synchronized void add(S session, @Nullable SocketAddress from) {
        Origin origin = Origin.of(from);
        origins.put(session, origin);
        byOrigin.computeIfAbsent(origin, o -> new LinkedHashSet<>()).add(session);
    }

    synchronized void remove(S session) {
        Origin origin = origins.remove(session);
        LinkedHashSet<S> siblings = origin == null ? null : byOrigin.get(origin);
        if (siblings != null && siblings.remove(session) && siblings.isEmpty()) {
            byOrigin.remove(origin);
        }
    }

    /** The connection that has to go if one must; counts as gone from now on. Null if there is none. */
    @Nullable
    synchronized S mostExpendable() {
        LinkedHashSet<S> most = null;
        for (LinkedHashSet<S> siblings : byOrigin.values()) {
            if (most == null || siblings.size() > most.size()) {
                most = siblings;
            }
        }
        if (most == null) {
            return null;
        }
        S oldest = most.iterator().next();
        remove(oldest);
        return oldest;
    }
}
