package dev.pgpool.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * The least that a proxy on Netty can do: one event loop, one server connection per client, buffers passed on unread.
 * What a pooler costs above this is its own doing; what this costs above PgBouncer is the platform's.
 *
 * <p>The server is connected to on a client's first byte, so that silent clients show the memory of one channel. Linux
 * only, for it is built on epoll.
 */
public final class BareRelay {
    private BareRelay() {}

    /** Arguments: the port to listen on and the port of the server, both on 127.0.0.1. */
    @SuppressWarnings("deprecation") // the group that Netty 4.1 and 4.2 both have
    public static void main(String[] args) throws InterruptedException {
        SocketAddress listen = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0]));
        SocketAddress server = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]));
        EventLoopGroup loop = new EpollEventLoopGroup(1);
        new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel client) {
                        client.pipeline().addLast(new ConnectOnFirstRead(server));
                    }
                })
                .bind(listen)
                .sync();
        loop.terminationFuture().sync();
    }

    /** Holds the first bytes until the server is connected, then makes way for {@link Passing}. */
    private static final class ConnectOnFirstRead extends ChannelInboundHandlerAdapter {
        private final SocketAddress server;

        ConnectOnFirstRead(SocketAddress server) {
            this.server = server;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object firstBytes) {
            Channel client = ctx.channel();
            client.config().setAutoRead(false);
            Bootstrap bootstrap = new Bootstrap()
                    .group(client.eventLoop())
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new Passing(client));
            bootstrap.connect(server).addListener((ChannelFuture connected) -> {
                if (connected.isSuccess()) {
                    ctx.pipeline().replace(this, null, new Passing(connected.channel()));
                    connected.channel().writeAndFlush(firstBytes);
                    client.config().setAutoRead(true);
                } else {
                    ReferenceCountUtil.release(firstBytes);
                    client.close();
                }
            });
        }
    }

    /** Hands every buffer to the other side and flushes once per read. */
    private static final class Passing extends ChannelInboundHandlerAdapter {
        private final Channel peer;

        Passing(Channel peer) {
            this.peer = peer;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            peer.write(bytes, peer.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            peer.flush();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            peer.close();
        }
    }
}
