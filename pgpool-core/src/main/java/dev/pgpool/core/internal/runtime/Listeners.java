package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.internal.client.ClientInitializer;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.transport.Buffers;
import dev.pgpool.core.internal.transport.ListenerSockets;
import dev.pgpool.core.internal.transport.SocketWords;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets that clients come in by: TCP addresses, and a unix socket if wanted. They are opened and closed by the
 * threads that start and end the pooler.
 */
final class Listeners {
    static final int CLOSE_SECONDS = 10;

    private static final Logger LOGGER = LoggerFactory.getLogger(Listeners.class);

    private final Transport transport;
    private final EventLoopGroup loops;
    private final ListenConfig config;
    private final List<Channel> tcp = new ArrayList<>();
    private @Nullable UnixListener unix;
    private Optional<InetSocketAddress> address = Optional.empty();

    Listeners(Transport transport, EventLoopGroup loops, ListenConfig config) {
        this.transport = transport;
        this.loops = loops;
        this.config = config;
    }

    /**
     * Listens. What can fail on account of the unix socket comes first where the port is known: a TCP listener that shares
     * its port is given clients at once.
     */
    synchronized void bind(ClientInitializer clients, TcpOptions options) throws StartFailure {
        if (config.port() != 0) {
            bindUnix(config.port(), clients);
        }
        int port = config.port();
        for (String host : config.hosts()) {
            InetSocketAddress wanted =
                    host.equals("*") ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
            if (wanted.isUnresolved()) {
                throw new StartFailure(
                        "listen.host: \"" + host + "\" (expected: an address of this machine)",
                        new UnknownHostException(host));
            }
            Channel channel = bindTcp(wanted, clients);
            options.applyToListener(channel);
            tcp.add(channel);
            InetSocketAddress bound = (InetSocketAddress) channel.localAddress();
            address = address.or(() -> Optional.of(bound));
            // if it was to be a free one, the others take the same
            port = bound.getPort();
        }
        if (config.port() == 0) {
            bindUnix(port, clients);
        }
    }

    private void bindUnix(int port, ClientInitializer clients) throws StartFailure {
        if (config.unixSocketDirectory().isPresent()) {
            UnixListener listener = new UnixListener(config, port, transport);
            listener.open(at -> bind(at, clients));
            unix = listener;
        }
    }

    private Channel bindTcp(InetSocketAddress at, ClientInitializer clients) throws StartFailure {
        try {
            return bind(at, clients);
        } catch (IOException e) {
            String words = SocketWords.of(e);
            // nothing but the address can be at fault if it is none of this machine
            String setting = words.startsWith("Cannot assign") ? "listen.host" : "listen.port";
            throw new StartFailure(
                    setting + ": could not listen on " + NetUtil.toSocketAddressString(at) + ": " + words
                            + " (expected: an address of this machine and a port that is free)",
                    e);
        }
    }

    private Channel bind(SocketAddress at, ClientInitializer clients) throws IOException {
        ServerBootstrap bootstrap = Buffers.applyToAccepted(new ServerBootstrap())
                .group(loops)
                .channelFactory(transport.listenerFor(at))
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(clients);
        if (!Transport.isUnix(at)) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true);
            if (config.reusePort()) {
                ListenerSockets.share(transport, bootstrap);
            }
        }
        ChannelFuture binding = bootstrap
                .option(ChannelOption.SO_BACKLOG, config.backlog())
                .bind(at)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            Throwable cause = binding.cause();
            throw cause instanceof IOException problem ? problem : new IOException("could not listen", cause);
        }
        Channel listener = binding.channel();
        // behind the handler that accepts, which pauses after a failure and passes it on
        listener.pipeline().addLast(new AcceptFailures());
        return listener;
    }

    /** Takes other options for what listens already. */
    synchronized void adopt(TcpOptions options) {
        tcp.stream().filter(Channel::isOpen).forEach(options::applyToListener);
    }

    /** The first TCP address, with the real port; the same after it was closed. */
    synchronized Optional<InetSocketAddress> address() {
        return address;
    }

    /** All that is listened on. */
    synchronized List<String> addresses() {
        return Stream.concat(
                        tcp.stream().map(Channel::localAddress),
                        Stream.ofNullable(unix).map(UnixListener::address))
                .map(Transport::shown)
                .toList();
    }

    synchronized boolean areOpen() {
        UnixListener local = unix;
        return tcp.stream().allMatch(Channel::isActive) && (local == null || local.isOpen());
    }

    /**
     * Takes no more connections by TCP, as PgBouncer when a shutdown begins; returns when those that had reached us are
     * accepted, or after ten seconds if host code blocks an event loop. The unix socket stays, for operators.
     */
    void closeTcp() {
        List<Channel> open;
        synchronized (this) {
            open = List.copyOf(tcp);
        }
        open.forEach(channel -> ListenerSockets.closeAfterBacklog(channel, config.reusePort()));
        awaitClosed(open);
    }

    /** Closes everything at once; the wait for an event loop that host code blocks has an end. */
    synchronized void close() {
        tcp.forEach(Channel::close);
        awaitClosed(tcp);
        UnixListener local = unix;
        if (local != null) {
            local.close();
        }
    }

    private static void awaitClosed(List<Channel> channels) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        for (Channel channel : channels) {
            if (!channel.closeFuture().awaitUninterruptibly(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                LogLine.warn(LOGGER, "listener not closed in time")
                        .with("address", channel.localAddress())
                        .write();
            }
        }
    }
}
