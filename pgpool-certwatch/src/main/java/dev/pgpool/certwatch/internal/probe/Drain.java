package dev.pgpool.certwatch.internal.probe;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/** Drops whatever a peer sends behind the handshake, and closes on a peer that never stops. */
final class Drain extends ChannelInboundHandlerAdapter {

    private static final int MAX_READS = 256;

    private int reads;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        if (++reads > MAX_READS) {
            ctx.close();
        }
    }

    /** Failures reach the probe by the handshake's future or the channel's end. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
