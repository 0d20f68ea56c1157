package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Walks the messages of arriving buffers without making objects of them. For each message the caller gives one of
 * three orders: <em>forward</em> (it joins the current run; what has not arrived yet follows as it comes), <em>skip</em>
 * (it is dropped, however long), or <em>gather</em> (it waits until the whole message is here). Adjacent forwarded
 * messages become one run, which {@link #takeRun()} hands out without copying.
 *
 * <p>Use: {@link #feed}, then {@link #next} and an order for each message, then {@link #takeRun} and {@link #finish}.
 * A caller that can't go on leaves the current message without an order and calls {@code finish}: it comes back first
 * with the next {@code feed} or {@link #resume}. What is left over is copied, so that a few bytes never pin a large
 * buffer.
 *
 * <p>Confined to the event loop of its connection. Owns the fed buffer; runs are owned by who takes them.
 */
public final class MessageCursor {
    /** Type byte and length word. */
    public static final int HEADER = 5;
    /** Bound of messages that have no payload to speak of; PostgreSQL's PQ_SMALL_MESSAGE_LIMIT. */
    public static final int SMALL_MESSAGE_LIMIT = 10_000;
    /** Bound of all others; PostgreSQL's PQ_LARGE_MESSAGE_LIMIT (MaxAllocSize - 1). */
    public static final int LARGE_MESSAGE_LIMIT = 0x3fffffff - 1;

    private final PoolerError violation;
    private @Nullable ByteBuf in;
    private @Nullable ByteBuf held;
    private int runStart;
    private int at;
    private int end;
    private int length;
    private int remaining;
    private boolean remainingForwarded;
    /** Where the rest of a message ends that was forwarded before it was all here. */
    private int continuedEnd;
    /** The buffer is made of what was left before, not one that was read into. */
    private boolean own;

    /** @param violation how a malformed length is answered: by whose fault it is */
    public MessageCursor(PoolerError violation) {
        this.violation = violation;
    }

    /** Takes the next bytes of the connection. The previous ones must be finished. */
    public void feed(ByteBuf buf) {
        ByteBuf first = held;
        if (first != null) {
            held = null;
            append(first, buf);
            start(first);
            own = true;
        } else {
            start(buf);
            own = false;
        }
    }

    /** Starts over with the bytes that were left at the last {@link #finish}; false if there are none. */
    public boolean resume() {
        ByteBuf first = held;
        if (first == null) {
            return false;
        }
        held = null;
        start(first);
        own = true;
        return true;
    }

    private void start(ByteBuf buf) {
        in = buf;
        at = buf.readerIndex();
        end = buf.writerIndex();
        runStart = at;
        continuedEnd = at;
        if (remaining > 0) {
            int arrived = Math.min(remaining, end - at);
            remaining -= arrived;
            at += arrived;
            if (!remainingForwarded) {
                runStart = at;
            } else {
                continuedEnd = at;
            }
        }
    }

    /** Moves to the next message whose header is here; false if there is none. */
    public boolean next() {
        if (end - at < HEADER) {
            return false;
        }
        length = buffer().getInt(at + 1);
        if (length < 4 || length > LARGE_MESSAGE_LIMIT) {
            throw new WireViolation(violation, "message length " + length + " of type " + printable(type()));
        }
        return true;
    }

    public byte type() {
        return buffer().getByte(at);
    }

    /** Length of the body, without type and length word. */
    public int bodyLength() {
        return length - 4;
    }

    /** Absolute index of the body in {@link #buffer()}. */
    public int bodyIndex() {
        return at + HEADER;
    }

    /** Absolute index behind the body; beyond the buffer's end while the message is incomplete. */
    public int bodyEnd() {
        return at + 1 + length;
    }

    /** Absolute index behind the part of the body that is here. */
    public int arrivedEnd() {
        return Math.min(end, at + 1 + length);
    }

    /** Whether the whole message is here. */
    public boolean isComplete() {
        return at + 1 + length <= end;
    }

    /** The buffer being walked: lent, not to be consumed. */
    public ByteBuf buffer() {
        ByteBuf buf = in;
        if (buf == null) {
            throw new IllegalStateException("no buffer fed");
        }
        return buf;
    }

    /** Checks the current message's length against {@link #SMALL_MESSAGE_LIMIT}. */
    public void requireSmall() {
        requireAtMost(SMALL_MESSAGE_LIMIT);
    }

    /** Checks the current message's length, which counts the length word but not the type byte. */
    public void requireAtMost(int limit) {
        if (length > limit) {
            throw new WireViolation(violation, "message length " + length + " of type " + printable(type()));
        }
    }

    /** Order: the current message goes on unchanged. */
    public void forward() {
        pass(true);
    }

    /** Order: the current message is dropped. The run before it must have been taken. */
    public void skip() {
        assert runStart == at : "run not taken before skip";
        pass(false);
        runStart = at;
    }

    /** Order: the current message goes on from the given absolute index; the run before it must have been taken. */
    public void forwardFrom(int index) {
        assert runStart == at : "run not taken before forwardFrom";
        runStart = index;
        pass(true);
    }

    private void pass(boolean forwarded) {
        int messageEnd = at + 1 + length;
        if (messageEnd > end) {
            remaining = messageEnd - end;
            remainingForwarded = forwarded;
            at = end;
        } else {
            at = messageEnd;
        }
    }

    /** Whether the current run has bytes. */
    public boolean hasRun() {
        return runStart < at;
    }

    /** The current run, owned by the caller, or null if it is empty. A run that reaches the end is the buffer itself. */
    public @Nullable ByteBuf takeRun() {
        ByteBuf buf = in;
        if (buf == null || runStart >= at) {
            return null;
        }
        ByteBuf run;
        if (at == end) {
            in = null;
            run = buf.setIndex(runStart, end);
        } else {
            run = buf.retainedSlice(runStart, at - runStart);
        }
        runStart = at;
        return run;
    }

    /** Lets go of the buffer and keeps a copy of what was not ordered. A run that was not taken is dropped. */
    public void finish(ByteBufAllocator allocator) {
        ByteBuf buf = in;
        if (buf == null) {
            return;
        }
        in = null;
        if (own && at < end && buf.refCnt() == 1) {
            // what is being gathered already: copying it again at each read would be quadratic
            held = buf.setIndex(at, end);
            return;
        }
        try {
            if (at < end) {
                held = allocator.buffer(end - at).writeBytes(buf, at, end - at);
            }
        } finally {
            buf.release();
        }
    }

    /** Absolute index of what has just arrived, right after {@link #feed}. */
    public int continuedIndex() {
        return runStart;
    }

    /** Absolute index behind the part of it that belongs to a message that was forwarded before it was all here. */
    public int continuedEnd() {
        return continuedEnd;
    }

    /** Whether a message was forwarded in part and the rest has not arrived. */
    public boolean isInsideForwarded() {
        return remaining > 0 && remainingForwarded;
    }

    /** Whether everything that arrived has been ordered. */
    public boolean isDrained() {
        return held == null && (in == null || at == end);
    }

    /** Number of bytes that wait for an order or for the rest of their message. */
    public int heldBytes() {
        ByteBuf buf = held;
        return buf == null ? 0 : buf.readableBytes();
    }

    /** Whether the bytes that wait are whole messages, the last of them of this type. */
    public boolean heldEndsIn(byte lastType) {
        ByteBuf buf = held;
        int next = buf == null ? 0 : buf.readerIndex();
        while (buf != null && buf.writerIndex() - next >= HEADER) {
            int first = next;
            int size = buf.getInt(first + 1);
            if (size < 4 || size > buf.writerIndex() - first - 1) {
                return false;
            }
            next = first + 1 + size;
            if (next == buf.writerIndex()) {
                return buf.getByte(first) == lastType;
            }
        }
        return false;
    }

    /** Turns the rest of a partly forwarded message into one that is dropped. */
    public void abandonForwarding() {
        remainingForwarded = false;
    }

    /** Releases everything; the connection is over. */
    public void close() {
        ByteBuf buf = in;
        in = null;
        if (buf != null) {
            buf.release();
        }
        buf = held;
        held = null;
        if (buf != null) {
            buf.release();
        }
        at = end;
        runStart = at;
    }

    private static void append(ByteBuf first, ByteBuf more) {
        try {
            // doubling by hand: Netty grows large buffers by 4 MiB steps, which is quadratic for a message of 1 GiB
            int wanted = first.readableBytes() + more.readableBytes();
            if (wanted > first.capacity()) {
                first.discardReadBytes();
                first.capacity((int) Math.min(Integer.MAX_VALUE - 8L, Math.max(wanted, 2L * first.capacity())));
            }
            first.writeBytes(more);
        } finally {
            more.release();
        }
    }

    private static String printable(byte type) {
        return type > ' ' && type < 127 ? "'" + (char) type + "'" : String.valueOf(type & 0xff);
    }
}
