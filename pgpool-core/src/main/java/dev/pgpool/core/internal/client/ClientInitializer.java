package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.transport.TcpOptions;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.Map;

/** The whole pipeline of a client. */
public final class ClientInitializer extends ChannelInitializer<Channel> {
    private volatile ClientServices services;
    private volatile TcpOptions tcp;
    private final Map<EventLoop, ClientDeadlines> deadlines;

    public ClientInitializer(ClientServices services, TcpOptions tcp, Map<EventLoop, ClientDeadlines> deadlines) {
        this.services = services;
        this.tcp = tcp;
        this.deadlines = Map.copyOf(deadlines);
        this.deadlines.values().forEach(ofLoop -> ofLoop.join(this.deadlines));
    }

    /** What clients share from now on, also clients that are connected already. */
    public void adopt(ClientServices now) {
        services = now;
    }

    /** The socket options of connections that are accepted from now on. */
    public void adopt(TcpOptions now) {
        tcp = now;
    }

    @Override
    protected void initChannel(Channel channel) {
        if (channel.remoteAddress() instanceof InetSocketAddress) {
            tcp.apply(channel);
        }
        ClientDeadlines ofLoop = deadlines.get(channel.eventLoop());
        if (ofLoop == null) {
            throw new IllegalStateException("a client on another event loop");
        }
        channel.pipeline().addLast(new ClientConnection(() -> services, ofLoop));
    }
}
