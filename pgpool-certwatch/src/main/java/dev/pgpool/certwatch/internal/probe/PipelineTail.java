package dev.pgpool.certwatch.internal.probe;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;

/** Drops whatever a peer sends behind the handshake, and closes on a peer that never stops. */
final class PipelineTail extends ChannelInboundHandlerAdapter {

    private static final int MAX_READS = 256;

    private final Runnable onBroken;
    private final Consumer<Throwable> onFailed;
    private int reads;

    PipelineTail(Runnable onBroken, Consumer<Throwable> onFailed) {
        this.onBroken = onBroken;
        this.onFailed = onFailed;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        if (++reads > MAX_READS) {
            ctx.close();
        }
    }

    /** Failures of the handshake reach the probe by its future; those behind it come here. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException && !(cause instanceof SSLException)) {
            onBroken.run();
        }
        onFailed.accept(cause);
        ctx.close();
    }
}
