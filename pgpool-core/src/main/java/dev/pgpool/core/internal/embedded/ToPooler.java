package dev.pgpool.core.internal.embedded;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.net.SocketException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What the host writes, until the event loop takes it. When the pooler reads no more for now, little is kept, and then the
 * writer waits.
 */
final class ToPooler {
    /** What the Bind, Execute and Sync of a statement with a few parameters take. */
    private static final int SHORT = 64;

    private final Crossing crossing;
    private final ByteQueue queue = new ByteQueue(SHORT);
    private @Nullable Waiter writer;
    private boolean busy;
    private boolean ended;
    /** What was written last has been answered, if only in part: the next write begins something new. */
    private boolean answered = true;

    private boolean flagged;
    private volatile boolean news;

    ToPooler(Crossing crossing) {
        this.crossing = crossing;
    }

    // ---- threads of the host

    /**
     * Writes everything.
     *
     * @throws SocketException if the connection is closed, or the thread is interrupted while it waits, which closes it
     */
    void write(byte[] bytes, int offset, int length) throws IOException {
        int written = 0;
        while (written < length) {
            int put = put(bytes, offset + written, length - written);
            Waiter full = put > 0 ? null : writer;
            if (full != null) {
                proceed(full, full.await(crossing, Waiter.NO_DEADLINE, flagged));
            }
            written += put;
        }
    }

    /** Gives how many bytes were put or were of no use any more; if none, the writer has to wait. */
    private int put(byte[] bytes, int offset, int length) throws IOException {
        crossing.enter();
        try {
            while (busy) {
                crossing.awaitTurn();
            }
            if (crossing.isCallerClosed()) {
                throw new SocketException("Socket closed");
            }
            if (ended) {
                throw new SocketException("Socket output is shutdown");
            }
            if (crossing.isPoolerClosed()) {
                if (crossing.toCaller().isEndSeen()) {
                    throw new SocketException("Broken pipe");
                }
                // as with a socket, the writer goes on to read, and finds the pooler's last words
                return length;
            }
            if (answered) {
                answered = false;
                flagged = Thread.currentThread().isInterrupted();
            }
            int put = Math.min(length, queue.room());
            if (put > 0) {
                queue.put(bytes, offset, put);
                news = true;
                crossing.wantAttention();
            } else {
                crossing.refuseEventLoops();
                busy = true;
                Waiter full = new Waiter();
                full.begin();
                writer = full;
            }
            return put;
        } finally {
            crossing.leave();
        }
    }

    private void proceed(Waiter full, Waiter.Woken woken) throws SocketException {
        crossing.enter();
        try {
            busy = false;
            full.end();
            writer = null;
            crossing.nextTurn();
            if (woken == Waiter.Woken.INTERRUPTED) {
                crossing.closeByCaller();
                throw new SocketException("Closed by interrupt");
            }
        } finally {
            crossing.leave();
        }
    }

    /** Nothing more is written. */
    void end() {
        crossing.enter();
        try {
            ended = true;
            crossing.wantAttention();
        } finally {
            crossing.leave();
        }
    }

    /**
     * Whether the thread that began the request did so with its interrupt flag set; under the lock. A flag that is set in the
     * middle of it, such as between two pieces of a COPY, is a reason to give up.
     */
    boolean wasFlagged() {
        return flagged;
    }

    /** The host has read something; under the lock. */
    void onAnswer() {
        answered = true;
    }

    /** The writer looks again; under the lock. */
    @Nullable
    Thread wake() {
        Waiter full = writer;
        return full == null ? null : full.finish();
    }

    // ---- the event loop

    /** Whether there is something to take. */
    boolean hasNews() {
        return news;
    }

    /** Everything that waits; null if nothing does. The buffer belongs to the event loop. */
    @Nullable
    ByteBuf take(ByteBufAllocator alloc) {
        if (!news || !crossing.tryEnter()) {
            return null;
        }
        Thread woken;
        ByteBuf taken;
        try {
            news = false;
            taken = alloc.ioBuffer(queue.size());
            queue.takeAll(taken);
            woken = wake();
        } finally {
            crossing.leave();
        }
        LockSupport.unpark(woken);
        return taken;
    }

    /** Whether everything was taken and nothing more comes. */
    boolean isOver() {
        if (news || !crossing.tryEnter()) {
            return false;
        }
        try {
            return queue.size() == 0 && (ended || crossing.isCallerClosed());
        } finally {
            crossing.leave();
        }
    }
}
