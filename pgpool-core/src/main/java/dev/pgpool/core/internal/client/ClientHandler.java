package dev.pgpool.core.internal.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;

/** Netty's events become the session's. */
final class ClientHandler extends ChannelInboundHandlerAdapter {
    private final ClientSession session;

    ClientHandler(ClientSession session) {
        this.session = session;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        session.onConnected(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        session.onRead((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        session.onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            session.onWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslCloseCompletionEvent) {
            // close_notify: as good as the end of the stream, which may never come
            session.onDisconnected();
        } else if (event == ChannelInputShutdownEvent.INSTANCE) {
            session.onInputEnded();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        session.onDisconnected();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        session.onFailure(cause);
    }
}
