package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.transport.SocketWords;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log that a listener can't accept connections: the process is out of descriptors, mostly. They wait in the
 * backlog meanwhile, and Netty tries again each second; the log says so again each minute. Confined to the listener's event loop.
 */
final class AcceptFailures extends ChannelInboundHandlerAdapter {
    private static final Logger LOGGER = LoggerFactory.getLogger(AcceptFailures.class);
    private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

    private boolean told;
    private long toldNanos;
    /** Since the log said so last. */
    private int failures;

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        failures++;
        long now = System.nanoTime();
        if (told && now - toldNanos < AGAIN_NANOS) {
            return;
        }
        told = true;
        toldNanos = now;
        LogLine.warn(LOGGER, "no connection can be accepted")
                .with("listener", Transport.shown(context.channel().localAddress()))
                .with("failures", failures)
                .with("error", SocketWords.of(cause))
                .write();
        failures = 0;
    }
}
