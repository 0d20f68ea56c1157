package dev.pgpool.certwatch.internal.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * The TLS handlers that are in a pipeline. A handler on an executor of its own leaves the pipeline by going back and forth
 * between that and the event loop; so both must live until it has, or what it holds is never released. Thread-safe.
 */
public final class TlsHandlers {

    private final Set<Channel> channels = new HashSet<>();
    private boolean closing;

    /** A handler for a channel, to be added to its pipeline at once; absent, and the engine released, when closing. */
    @Nullable
    public SslHandler open(Channel channel, SSLEngine engine) {
        synchronized (channels) {
            if (closing) {
                ReferenceCountUtil.release(engine);
                return null;
            }
            channels.add(channel);
        }
        return new Handler(channel, engine);
    }

    /** Closes all channels with a handler, and waits until the handlers have left or the limit is over. */
    public void close(long limitMillis) {
        Set<Channel> open;
        synchronized (channels) {
            closing = true;
            open = Set.copyOf(channels);
        }
        open.forEach(Channel::close);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
        synchronized (channels) {
            try {
                for (long left = limitMillis; !channels.isEmpty() && left > 0; left = millisUntil(deadline)) {
                    channels.wait(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static long millisUntil(long deadline) {
        return TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }

    private void left(Channel channel) {
        synchronized (channels) {
            channels.remove(channel);
            channels.notifyAll();
        }
    }

    private final class Handler extends SslHandler {

        private final Channel channel;

        Handler(Channel channel, SSLEngine engine) {
            super(engine);
            this.channel = channel;
        }

        @Override
        public void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
            try {
                super.handlerRemoved0(ctx);
            } finally {
                left(channel);
            }
        }
    }
}
