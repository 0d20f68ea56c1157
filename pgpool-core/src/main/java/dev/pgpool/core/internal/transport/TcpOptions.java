package dev.pgpool.core.internal.transport;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.TcpConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/** A {@link TcpConfig} in the words of a transport. Immutable. */
public final class TcpOptions {
    private final Map<ChannelOption<?>, Object> options = new LinkedHashMap<>();
    private final int deferAccept;
    private final boolean deferrable;

    /** @throws ConfigException with everything that the transport can't do */
    public TcpOptions(Transport transport, TcpConfig config) {
        options.put(ChannelOption.TCP_NODELAY, true);
        options.put(ChannelOption.SO_KEEPALIVE, config.keepAlive());
        deferrable = transport == Transport.EPOLL;
        deferAccept = config.deferAccept() ? 1 : 0;
        List<String> problems = new ArrayList<>();
        if (config.keepAlive()) {
            keepAlive(transport, config, problems);
        }
        if (!config.userTimeout().isZero()) {
            if (transport == Transport.EPOLL) {
                options.put(EpollChannelOption.TCP_USER_TIMEOUT, (int)
                        config.userTimeout().toMillis());
            } else {
                problems.add(problem("tcp.userTimeout", config.userTimeout(), transport));
            }
        }
        if (config.deferAccept() && !deferrable) {
            problems.add(problem("tcp.deferAccept", true, transport));
        }
        if (config.socketBuffer() > 0) {
            options.put(ChannelOption.SO_SNDBUF, config.socketBuffer());
            options.put(ChannelOption.SO_RCVBUF, config.socketBuffer());
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    private void keepAlive(Transport transport, TcpConfig config, List<String> problems) {
        int idle = (int) config.keepAliveIdle().toSeconds();
        int interval = (int) config.keepAliveInterval().toSeconds();
        int probes = config.keepAliveProbes();
        switch (transport) {
            case EPOLL -> {
                put(EpollChannelOption.TCP_KEEPIDLE, idle);
                put(EpollChannelOption.TCP_KEEPINTVL, interval);
                put(EpollChannelOption.TCP_KEEPCNT, probes);
            }
            case NIO -> {
                put(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), idle);
                put(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), interval);
                put(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), probes);
            }
            case KQUEUE -> {
                refuse("tcp.keepAliveIdle", config.keepAliveIdle(), Duration.ZERO, transport, problems);
                refuse("tcp.keepAliveInterval", config.keepAliveInterval(), Duration.ZERO, transport, problems);
                refuse("tcp.keepAliveProbes", probes, 0, transport, problems);
            }
        }
    }

    private void put(ChannelOption<Integer> option, int value) {
        if (value > 0) {
            options.put(option, value);
        }
    }

    private static void refuse(String path, Object seen, Object none, Transport transport, List<String> problems) {
        if (!seen.equals(none)) {
            problems.add(problem(path, seen, transport));
        }
    }

    private static String problem(String path, Object seen, Transport transport) {
        return path + ": " + seen + " (expected: the system's setting: the transport " + transport
                + " of this platform can't change it)";
    }

    /** The system's settings, and what all connections have. */
    public static TcpOptions plain(Transport transport) {
        return new TcpOptions(transport, TcpConfig.DEFAULT);
    }

    /** Sets them on a connection that is to be made; a unix socket has none. */
    public void apply(Bootstrap connection, SocketAddress to) {
        if (!Transport.isUnix(to)) {
            options.forEach((option, value) -> set(connection, option, value));
        }
    }

    @SuppressWarnings("unchecked")
    private static void set(Bootstrap connection, ChannelOption<?> option, Object value) {
        connection.option((ChannelOption<Object>) option, value);
    }

    /** Sets them on a connection that was accepted. */
    public void apply(Channel accepted) {
        options.forEach((option, value) -> set(accepted, option, value));
    }

    /** Sets what concerns a listening socket; at any time. */
    public void applyToListener(Channel listener) {
        if (deferrable) {
            set(listener, EpollChannelOption.TCP_DEFER_ACCEPT, deferAccept);
        }
    }

    @SuppressWarnings("unchecked")
    private static void set(Channel channel, ChannelOption<?> option, Object value) {
        channel.config().setOption((ChannelOption<Object>) option, value);
    }
}
