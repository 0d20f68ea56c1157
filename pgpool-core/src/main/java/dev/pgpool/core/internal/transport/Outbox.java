package dev.pgpool.core.internal.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one connection until its next flush. Small pieces are copied together, so that a rewritten message and
 * its neighbours leave as one buffer; large runs pass through uncopied.
 *
 * <p>Confined to the event loop of the connection. Takes ownership of runs.
 */
public final class Outbox {
    /** Up to here a copy is cheaper than another entry in the outbound queue and another element in writev. */
    private static final int COPY_LIMIT = 1_024;

    private @Nullable ChannelHandlerContext ctx;
    private @Nullable ByteBuf open;
    private boolean unflushed;
    private long bytes;

    /** Where to write to from now on; null drops everything that comes, as a closed connection does. */
    public void connect(@Nullable ChannelHandlerContext ctx) {
        this.ctx = ctx;
        drop();
    }

    /** Passes a run on. */
    public void run(@Nullable ByteBuf run) {
        if (run == null) {
            return;
        }
        ChannelHandlerContext target = ctx;
        if (target == null) {
            run.release();
            return;
        }
        ByteBuf current = open;
        if (current != null) {
            if (run.readableBytes() <= COPY_LIMIT && run.readableBytes() <= current.writableBytes()) {
                current.writeBytes(run);
                run.release();
                return;
            }
            open = null;
            bytes += current.readableBytes();
            target.write(Buffers.sent(current), target.voidPromise());
        }
        unflushed = true;
        bytes += run.readableBytes();
        target.write(run, target.voidPromise());
    }

    /** A buffer to append small messages to; lent until the next call on this object. */
    public ByteBuf space() {
        ByteBuf current = open;
        if (current == null) {
            ChannelHandlerContext target = ctx;
            if (target == null) {
                throw new IllegalStateException("not connected");
            }
            current = Buffers.forSending(target.alloc());
            open = current;
            unflushed = true;
        }
        return current;
    }

    /** Whether there is a channel to write to. */
    public boolean isConnected() {
        return ctx != null;
    }

    /** Whether the connection takes more; if not, its source should stop until it does. */
    public boolean isWritable() {
        ChannelHandlerContext target = ctx;
        return target == null || target.channel().isWritable();
    }

    /** Sends everything. */
    public void flush() {
        if (!unflushed) {
            return;
        }
        unflushed = false;
        ChannelHandlerContext target = ctx;
        ByteBuf current = open;
        open = null;
        if (target == null) {
            if (current != null) {
                current.release();
            }
        } else if (current != null) {
            bytes += current.readableBytes();
            target.writeAndFlush(Buffers.sent(current), target.voidPromise());
        } else {
            target.flush();
        }
    }

    /** How many bytes were passed on since the last time that this was asked. */
    public long takeBytes() {
        long taken = bytes;
        bytes = 0;
        return taken;
    }

    /** Forgets what was not passed on yet. */
    public void drop() {
        ByteBuf current = open;
        open = null;
        unflushed = false;
        if (current != null) {
            current.release();
        }
    }
}
