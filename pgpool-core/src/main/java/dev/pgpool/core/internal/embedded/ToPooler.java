package dev.pgpool.core.internal.embedded;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.net.SocketException;
import java.util.concurrent.TimeUnit;
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
    private volatile boolean ended;
    /** What was written last has been answered, if only in part: the next write begins something new. */
    private boolean answered = true;

    private boolean flagged;
    /** Made for the first thread whose flag is set. */
    private @Nullable OwedAnswers owed;

    private volatile boolean news;

    ToPooler(Crossing crossing) {
        this.crossing = crossing;
    }

    // ---- threads of the host

    /**
     * Writes everything. What another thread writes meanwhile comes after it.
     *
     * @param turnMillis how long this thread waits for its turn; 0 for ever. If another thread has its turn still, which waits
     *     for room then, the connection is closed: what the driver wants to say is goodbye
     * @throws SocketException if the connection is closed, or the thread is interrupted while it waits, which closes it
     */
    void write(byte[] bytes, int offset, int length, int turnMillis) throws IOException {
        if (length == 0) {
            return;
        }
        int begun = begin(bytes, offset, length, turnMillis);
        if (begun < length) {
            try {
                goOn(bytes, offset + begun, length - begun);
            } finally {
                endTurn();
            }
        }
    }

    /** Puts what there is room for. The turn stays with the writer until all of it is put. */
    private int begin(byte[] bytes, int offset, int length, int turnMillis) throws IOException {
        crossing.enter();
        try {
            if (busy && !hasTurn(turnMillis)) {
                crossing.closeByCaller();
                return length;
            }
            int put = put(bytes, offset, length);
            busy = put < length;
            return put;
        } finally {
            crossing.leave();
        }
    }

    private boolean hasTurn(int turnMillis) throws EventLoopException {
        crossing.refuseEventLoops();
        long left = TimeUnit.MILLISECONDS.toNanos(turnMillis);
        while (busy) {
            if (turnMillis == 0) {
                crossing.awaitTurn();
            } else if (left > 0) {
                left = crossing.awaitTurn(left);
            } else {
                return false;
            }
        }
        return true;
    }

    private void goOn(byte[] bytes, int offset, int length) throws IOException {
        int written = 0;
        while (written < length) {
            Waiter full = null;
            crossing.enter();
            try {
                int put = put(bytes, offset + written, length - written);
                written += put;
                if (put == 0) {
                    crossing.refuseEventLoops();
                    full = new Waiter();
                    full.begin();
                    writer = full;
                }
            } finally {
                crossing.leave();
            }
            if (full != null) {
                proceed(full, full.await(crossing, Waiter.NO_DEADLINE, flagged));
            }
        }
    }

    /** Gives how many bytes were put or were of no use any more; none if there is no room. Under the lock. */
    private int put(byte[] bytes, int offset, int length) throws IOException {
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
            if (flagged) {
                owed().begin();
            }
        }
        int put = Math.min(length, queue.room());
        if (put > 0) {
            if (flagged) {
                owed().onWritten(bytes, offset, put);
            }
            queue.put(bytes, offset, put);
            news = true;
            crossing.wantAttention();
        }
        return put;
    }

    private void proceed(Waiter full, Waiter.Woken woken) throws SocketException {
        crossing.enter();
        try {
            full.end();
            writer = null;
            if (woken == Waiter.Woken.INTERRUPTED) {
                crossing.closeByCaller();
                throw new SocketException("Closed by interrupt");
            }
        } finally {
            crossing.leave();
        }
    }

    private void endTurn() {
        crossing.enter();
        try {
            busy = false;
            crossing.nextTurn();
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

    /**
     * The host has read something; under the lock. When all answers are complete, whatever is read after them is of no request: a
     * thread that waits for notifications gives up whenever its flag was set.
     */
    void onAnswer(byte[] in, int offset, int length) {
        answered = true;
        if (flagged && owed().isLast(in, offset, length)) {
            flagged = false;
        }
    }

    private OwedAnswers owed() {
        OwedAnswers made = owed;
        if (made == null) {
            made = new OwedAnswers();
            owed = made;
        }
        return made;
    }

    /** The writer looks again; under the lock. */
    @Nullable
    Thread wake() {
        Waiter full = writer;
        return full == null ? null : full.finish();
    }

    /** Whether nothing more is written, though what was may wait; from any thread. */
    boolean isEnded() {
        return ended;
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
            taken = alloc.ioBuffer(queue.size());
            queue.takeAll(taken);
            news = false;
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
