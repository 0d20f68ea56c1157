package dev.pgpool.core.internal.hosts;

import dev.pgpool.core.config.DnsConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Turns hosts into addresses; names by way of the {@link DnsCache}. Thread-safe. */
public final class HostResolver {
    private final Transport transport;
    private final DnsCache names;

    public HostResolver(Transport transport, DnsCache names) {
        this.transport = transport;
        this.names = names;
    }

    /** A resolver that asks the Java runtime, with defaults. */
    public HostResolver(Transport transport, Executor blocking) {
        this(transport, new DnsCache(DnsCache.Lookup.SYSTEM, blocking, DnsConfig.DEFAULT, System::nanoTime));
    }

    /** Its addresses, at least one; fails with {@link UnknownHostException}. */
    public CompletionStage<List<SocketAddress>> resolve(HostConfig host) {
        if (!host.isTcp()) {
            return CompletableFuture.completedFuture(List.of(transport.unixAddress(host.host(), host.port())));
        }
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host.host());
        if (literal != null) {
            try {
                return CompletableFuture.completedFuture(
                        List.of(new InetSocketAddress(InetAddress.getByAddress(literal), host.port())));
            } catch (UnknownHostException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
        return names.resolve(host.host())
                .thenApply(addresses -> addresses.stream()
                        .<SocketAddress>map(address -> new InetSocketAddress(address, host.port()))
                        .toList());
    }

    /** Whether it is a name, whose addresses may change. */
    static boolean isName(HostConfig host) {
        return host.isTcp() && !NetUtil.isValidIpV4Address(host.host()) && !NetUtil.isValidIpV6Address(host.host());
    }

    /** Looks a name up again if its time has come; servers are there that depend on it. */
    void refresh(HostConfig host) {
        var unused = names.resolve(host.host());
    }

    /** Another number whenever an address of some name has gone. */
    int generation() {
        return names.generation();
    }

    /** Whether the name still has the address, as far as is known. */
    boolean isCurrent(HostConfig host, SocketAddress address) {
        return !(address instanceof InetSocketAddress inet)
                || !isName(host)
                || names.isCurrent(host.host(), inet.getAddress());
    }
}
