package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.internal.client.ClientInitializer;
import dev.pgpool.core.internal.runtime.PoolerRuntime.StartFailure;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the doors: a TCP port, and a unix socket if wanted. */
final class Listeners {
    private static final Logger LOGGER = LoggerFactory.getLogger(Listeners.class);

    private final Transport transport;
    private final EventLoopGroup loops;
    private final ClientInitializer clients;

    Listeners(Transport transport, EventLoopGroup loops, ClientInitializer clients) {
        this.transport = transport;
        this.loops = loops;
        this.clients = clients;
    }

    /** Binds and adds to the list, TCP first; what was bound before a failure is in the list. */
    void bind(ListenConfig config, List<Channel> bound) throws StartFailure {
        InetSocketAddress tcp = config.host().equals("*")
                ? new InetSocketAddress(config.port())
                : new InetSocketAddress(config.host(), config.port());
        if (tcp.isUnresolved()) {
            throw new StartFailure(
                    "listen.host: \"" + config.host() + "\" (expected: an address of this machine)",
                    new UnknownHostException(config.host()));
        }
        bound.add(bind(tcp, config));
        if (config.unixSocketDirectory().isPresent()) {
            Path socket = socketFile(config, bound);
            removeStale(socket);
            bound.add(bind(transport.unixAddress(socket), config));
        }
    }

    private Channel bind(SocketAddress address, ListenConfig config) throws StartFailure {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channelFactory(transport.listenerFor(address))
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(clients);
        if (!Transport.isUnix(address)) {
            bootstrap
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.SO_KEEPALIVE, true);
        }
        ChannelFuture binding = bootstrap
                .option(ChannelOption.SO_BACKLOG, config.backlog())
                .bind(address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            Throwable cause = binding.cause();
            throw new StartFailure(
                    "could not listen on " + address + ": " + (cause == null ? "cancelled" : cause.getMessage()),
                    cause == null ? new IOException("cancelled") : cause);
        }
        return binding.channel();
    }

    private static Path socketFile(ListenConfig config, List<Channel> bound) {
        int port = ((InetSocketAddress) bound.get(0).localAddress()).getPort();
        return config.unixSocketDirectory().orElseThrow().resolve(".s.PGSQL." + port);
    }

    /** A file that a dead process left would keep us from binding; whoever holds the TCP port owns the name. */
    private static void removeStale(Path socket) throws StartFailure {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new StartFailure("could not replace the unix socket " + socket + ": " + e.getMessage(), e);
        }
    }

    /** Removes the socket file after its listener was closed. */
    static void removeSocketFile(ListenConfig config, List<Channel> bound) {
        if (bound.size() < 2) {
            return;
        }
        SocketAddress address = bound.get(1).localAddress();
        Path file = config.unixSocketDirectory()
                .orElseThrow()
                .resolve(Path.of(String.valueOf(address)).getFileName());
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOGGER.atWarn().addKeyValue("file", file).setCause(e).log("unix socket not removed");
        }
    }
}
