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
        int port = config.port();
        for (String host : config.hosts()) {
            InetSocketAddress tcp = host.equals("*") ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
            if (tcp.isUnresolved()) {
                throw new StartFailure(
                        "listen.host: \"" + host + "\" (expected: an address of this machine)",
                        new UnknownHostException(host));
            }
            Channel channel = bind(tcp, config);
            bound.add(channel);
            // if it was to be a free one, the others take the same
            port = ((InetSocketAddress) channel.localAddress()).getPort();
        }
        if (config.unixSocketDirectory().isPresent()) {
            Path socket = socketFile(config, port);
            removeStale(socket);
            bound.add(bind(transport.unixAddress(socket), config));
            permit(socket, config.unixSocketMode());
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

    private static void permit(Path socket, String octal) throws StartFailure {
        try {
            Files.setAttribute(socket, "unix:mode", Integer.parseInt(octal, 8));
        } catch (IOException | UnsupportedOperationException e) {
            throw new StartFailure("could not set the permissions of " + socket + " to " + octal, e);
        }
    }

    private static Path socketFile(ListenConfig config, int port) {
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
        if (config.unixSocketDirectory().isEmpty()
                || bound.size() <= config.hosts().size()) {
            return;
        }
        SocketAddress address = bound.get(bound.size() - 1).localAddress();
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
