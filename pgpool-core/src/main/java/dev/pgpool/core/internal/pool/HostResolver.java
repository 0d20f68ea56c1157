package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.transport.Transport;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Turns the host of a database into an address. Names are looked up on an executor: a lookup may block for seconds. */
public final class HostResolver {
    private final Transport transport;
    private final Executor blocking;

    public HostResolver(Transport transport, Executor blocking) {
        this.transport = transport;
        this.blocking = blocking;
    }

    /** The address; fails with {@link UnknownHostException} as cause. */
    public CompletionStage<SocketAddress> resolve(String host, int port) {
        if (host.startsWith("/")) {
            Path socket = Path.of(host, ".s.PGSQL." + port);
            return CompletableFuture.completedFuture(transport.unixAddress(socket));
        }
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            try {
                return CompletableFuture.completedFuture(
                        new InetSocketAddress(InetAddress.getByAddress(literal), port));
            } catch (UnknownHostException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return new InetSocketAddress(InetAddress.getByName(host), port);
                    } catch (UnknownHostException e) {
                        throw new CompletionException(e);
                    }
                },
                blocking);
    }
}
