package dev.pgpool.core.internal.embedded;

import dev.pgpool.core.internal.transport.Buffers;
import dev.pgpool.core.internal.transport.InProcess;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.net.SocketAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * The pooler's end of a connection with its own process: a channel without a descriptor. It is at home on any event loop of the
 * pooler, since it wants nothing of it but that it runs tasks.
 */
final class InProcessChannel extends AbstractChannel implements Runnable {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false);
    private static final AtomicIntegerFieldUpdater<InProcessChannel> ATTENDED =
            AtomicIntegerFieldUpdater.newUpdater(InProcessChannel.class, "attended");

    /** Not asked: a read takes what is there. One for all, to spare the memory. */
    private static final RecvByteBufAllocator READS = new FixedRecvByteBufAllocator(ByteQueue.LIMIT);

    private final Entrance entrance;
    private final Crossing crossing = new Crossing(this);
    private final DefaultChannelConfig config = new DefaultChannelConfig(this, READS) {
        @Override
        protected void autoReadCleared() {
            readPending = false;
        }
    };

    @SuppressWarnings("UnusedVariable") // by its updater
    private volatile int attended;

    private volatile boolean open = true;
    private boolean readPending;
    private boolean endTold;

    InProcessChannel(Entrance entrance, ConnectionId id) {
        super(null, id);
        this.entrance = entrance;
        config.setAllocator(Buffers.allocator());
    }

    Entrance entrance() {
        return entrance;
    }

    Crossing crossing() {
        return crossing;
    }

    // ---- attention

    /** The event loop looks at what has come and at what is left to be sent; from any thread. */
    void attend() {
        if (!ATTENDED.compareAndSet(this, 0, 1)) {
            return;
        }
        try {
            eventLoop().execute(this);
        } catch (RejectedExecutionException ended) {
            crossing.closeByPooler();
        }
    }

    /** For {@link #attend}. A channel on its way to another event loop looks when it is there. */
    @Override
    public void run() {
        attended = 0;
        if (!eventLoop().inEventLoop()) {
            attend();
        } else if (isRegistered() && open) {
            ((InProcessUnsafe) unsafe()).flushAgain();
            receive();
        }
    }

    private void receive() {
        if (!readPending && !crossing.isCallerClosed()) {
            return;
        }
        ByteBuf bytes = crossing.toPooler().take(alloc());
        if (bytes != null) {
            readPending = false;
            pipeline().fireChannelRead(bytes);
            pipeline().fireChannelReadComplete();
        }
        if (open && !endTold && crossing.toPooler().isOver()) {
            endTold = true;
            pipeline()
                    .fireUserEventTriggered(
                            crossing.isDropped() ? InProcess.DROPPED : ChannelInputShutdownEvent.INSTANCE);
        }
    }

    // ---- Netty

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (crossing.toPooler().hasNews() || (crossing.isEnded() && !endTold)) {
            attend();
        }
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer flushed) throws Exception {
        crossing.toCaller().deliver(flushed);
    }

    @Override
    protected void doClose() {
        open = false;
        crossing.closeByPooler();
        entrance.left(this);
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new InProcessUnsafe();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected SocketAddress localAddress0() {
        return InProcess.ADDRESS;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return InProcess.ADDRESS;
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    private final class InProcessUnsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException());
        }

        /** Sends what was flushed before and did not fit. */
        void flushAgain() {
            flush0();
        }
    }
}
