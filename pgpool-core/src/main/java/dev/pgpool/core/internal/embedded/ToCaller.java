package dev.pgpool.core.internal.embedded;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What the pooler sends, until a thread of the host reads it. A thread that waits gets its bytes at once, from the event loop's
 * buffer into its own array. What comes sooner, or is more, is kept up to a limit; beyond that it stays with the event loop,
 * which then stops reading from the server.
 */
final class ToCaller implements ChannelOutboundBuffer.MessageProcessor {
    private final Crossing crossing;
    /** Unused where a thread waits for its answer; so nothing is kept. */
    private final ByteQueue queue = new ByteQueue(0);

    private final Waiter reader = new Waiter();
    private boolean busy;
    private boolean endSeen;
    /** Nothing is read any more, and whatever comes is dropped. */
    private boolean shut;
    /** The event loop has more than is kept. */
    private boolean heldBack;

    private byte @Nullable [] wanted;
    private int offset;
    private int room;
    private int got;
    private long delivered;

    ToCaller(Crossing crossing) {
        this.crossing = crossing;
    }

    // ---- threads of the host

    /**
     * Reads at least one byte.
     *
     * @param timeoutMillis 0 for ever
     * @return how many; -1 at the end
     * @throws SocketTimeoutException if nothing has come in time; then the connection is as it was
     * @throws SocketException if the connection is closed, or the thread is interrupted while it waits, which closes it
     */
    int read(byte[] into, int at, int length, int timeoutMillis) throws IOException {
        if (length == 0) {
            return 0;
        }
        boolean flagged;
        crossing.enter();
        try {
            while (busy) {
                crossing.refuseEventLoops();
                crossing.awaitTurn();
            }
            int taken = taken(into, at, length);
            if (taken != 0) {
                return taken;
            }
            crossing.refuseEventLoops();
            flagged = crossing.toPooler().wasFlagged();
            busy = true;
            got = 0;
            wanted = into;
            offset = at;
            room = length;
            reader.begin();
        } finally {
            crossing.leave();
        }
        long deadline = timeoutMillis == 0
                ? Waiter.NO_DEADLINE
                : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        return result(reader.await(crossing, deadline, flagged), into, at, length);
    }

    /** 0 if there is nothing to take yet. */
    private int taken(byte[] into, int at, int length) throws SocketException {
        if (crossing.isCallerClosed()) {
            throw new SocketException("Socket closed");
        }
        if (shut) {
            return -1;
        }
        if (queue.size() > 0) {
            int taken = queue.take(into, at, length);
            crossing.toPooler().onAnswer(into, at, taken);
            if (heldBack && queue.size() <= ByteQueue.LIMIT / 2) {
                heldBack = false;
                crossing.wantAttention();
            }
            return taken;
        }
        if (crossing.isPoolerClosed()) {
            endSeen = true;
            return -1;
        }
        return 0;
    }

    private int result(Waiter.Woken woken, byte[] into, int at, int length) throws IOException {
        crossing.enter();
        try {
            busy = false;
            wanted = null;
            reader.end();
            crossing.nextTurn();
            if (got > 0) {
                crossing.toPooler().onAnswer(into, at, got);
                return got;
            }
            if (woken == Waiter.Woken.INTERRUPTED) {
                crossing.closeByCaller();
                throw new SocketException("Closed by interrupt");
            }
            int taken = taken(into, at, length);
            if (taken == 0) {
                throw new SocketTimeoutException("Read timed out");
            }
            return taken;
        } finally {
            crossing.leave();
        }
    }

    int available() throws SocketException {
        crossing.enter();
        try {
            if (crossing.isCallerClosed()) {
                throw new SocketException("Socket closed");
            }
            return queue.size();
        } finally {
            crossing.leave();
        }
    }

    /** Whether the host knows that nothing more comes; under the lock. */
    boolean isEndSeen() {
        return endSeen;
    }

    /** Nothing is read any more; under the lock. */
    void forget() {
        queue.clear();
    }

    /** The host reads no more, but may go on writing. */
    void shut() {
        crossing.enter();
        try {
            shut = true;
            queue.clear();
            LockSupport.unpark(reader.finish());
            crossing.nextTurn();
            crossing.wantAttention();
        } finally {
            crossing.leave();
        }
    }

    /** The reader looks again; under the lock. */
    @Nullable
    Thread wake() {
        return reader.finish();
    }

    // ---- the event loop

    /** Delivers what fits of that which is flushed. */
    void deliver(ChannelOutboundBuffer flushed) throws Exception {
        if (!crossing.tryEnter()) {
            return;
        }
        Thread woken = null;
        boolean held;
        try {
            if (crossing.isCallerClosed()) {
                throw new IOException("the host has closed the connection");
            }
            delivered = 0;
            heldBack = false;
            flushed.forEachFlushedMessage(this);
            if (got > 0 && reader.isWaiting()) {
                woken = reader.finish();
            }
            held = heldBack;
        } finally {
            crossing.leave();
        }
        LockSupport.unpark(woken);
        flushed.removeBytes(delivered);
        if (!held && flushed.size() > 0) {
            // what was written when there was room again, from within the last call: Netty sends nothing while it is
            // sending
            crossing.attend();
        }
    }

    /** Delivers one buffer, which stays as it is; gives whether all of it went. */
    @Override
    public boolean processMessage(Object message) {
        ByteBuf buffer = (ByteBuf) message;
        int index = buffer.readerIndex();
        int left = buffer.readableBytes();
        if (shut) {
            delivered += left;
            return true;
        }
        byte[] into = wanted;
        if (into != null && room > 0 && reader.isWaiting()) {
            int direct = Math.min(left, room);
            buffer.getBytes(index, into, offset + got, direct);
            got += direct;
            room -= direct;
            index += direct;
            left -= direct;
            delivered += direct;
        }
        int kept = Math.min(left, queue.room());
        if (kept > 0) {
            queue.put(buffer, index, kept);
            delivered += kept;
        }
        heldBack = kept < left;
        return !heldBack;
    }
}
