package dev.pgpool.core.internal.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.NettyRuntime;

/**
 * Where the bytes of connections are kept: in memory that the poolers of this JVM share, and the host's own connections do
 * not. What a host has set for all of Netty, such as the level of leak detection, stays as it is.
 */
public final class Buffers {
    private static final int PAGE_BYTES = 8_192;

    /** Chunks of 1 MB: event loops that keep their buffers use less than one. */
    private static final int CHUNK_ORDER = 7;

    /** 2 KB. */
    private static final int SENT = 3;

    private static final int SMALL_BUFFERS_CACHED = 256;
    private static final int LARGE_BUFFERS_CACHED = 64;

    private static final ByteBufAllocator ALLOCATOR = like(ByteBufAllocator.DEFAULT);

    @SuppressWarnings("deprecation") // the name that Netty 4.1 and 4.2 both have
    static final ChannelOption<RecvByteBufAllocator> READ_BY = ChannelOption.RCVBUF_ALLOCATOR;

    private static final RecvByteBufAllocator READS = new ReadSizes();

    private Buffers() {}

    /** What buffers of connections are allocated by. */
    public static ByteBufAllocator allocator() {
        return ALLOCATOR;
    }

    /** What connections read into. */
    public static RecvByteBufAllocator reads() {
        return READS;
    }

    /** Another of the same kind, since that is Netty's choice or the host's; the same if it has no memory of its own. */
    static ByteBufAllocator like(ByteBufAllocator host) {
        if (host instanceof PooledByteBufAllocator) {
            // one for each event loop that there may be: an arena that is not used has no memory
            int arenas = NettyRuntime.availableProcessors();
            return new PooledByteBufAllocator(
                    true, arenas, arenas, PAGE_BYTES, CHUNK_ORDER, SMALL_BUFFERS_CACHED, LARGE_BUFFERS_CACHED, false);
        }
        return host instanceof AdaptiveByteBufAllocator ? new AdaptiveByteBufAllocator() : host;
    }

    /** Those of a connection that is to be made. */
    public static Bootstrap applyTo(Bootstrap connection) {
        return connection.option(ChannelOption.ALLOCATOR, ALLOCATOR).option(READ_BY, READS);
    }

    /** Those of connections that are accepted. */
    public static ServerBootstrap applyToAccepted(ServerBootstrap listener) {
        return listener.childOption(ChannelOption.ALLOCATOR, ALLOCATOR).childOption(READ_BY, READS);
    }

    /** An empty buffer of 2 KB for what one connection sends next; on its event loop. */
    static ByteBuf forSending(ByteBufAllocator allocator) {
        return KeptBuffers.ofThisLoop().take(allocator, SENT);
    }

    /** A buffer of {@link #forSending} is full and goes to the channel; on its event loop. */
    static ByteBuf sent(ByteBuf buffer) {
        if (buffer.capacity() > KeptBuffers.bytes(SENT)) {
            KeptBuffers.ofThisLoop().outgrown(buffer, SENT);
        }
        return buffer;
    }
}
