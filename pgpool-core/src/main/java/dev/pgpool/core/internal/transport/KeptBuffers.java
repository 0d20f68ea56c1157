package dev.pgpool.core.internal.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Buffers that one event loop uses again and again. What a loop reads and writes is nearly always sent before it reads the
 * next time, so that one buffer does for all connections: the allocator and its leak detector, which takes a stack trace
 * now and then, are seldom asked. Confined to its event loop.
 *
 * <p>A buffer that is handed out counts the receiver's reference and {@value #OWN} from here. When those are the only ones
 * left, nothing looks at the bytes any more, and the buffer is handed out again. A buffer that is held, such as one whose
 * bytes a slow reader has not taken, is passed over: it costs no more than it would have without this. One that a defect has
 * released once too often is never handed out again.
 *
 * <p>Buffers that the leak detector watches are not kept, since each use of them is to have a record of its own. So nothing
 * is kept at the levels that watch all buffers, and none at the level {@code simple} if the host has asked for it.
 */
final class KeptBuffers {
    private static final Logger LOGGER = LoggerFactory.getLogger(KeptBuffers.class);

    /** The smallest; each size is twice the one before. */
    static final int SMALLEST = 256;

    /** {@value #SMALLEST} bytes to 64 KB. */
    static final int SIZES = 9;

    /** How much is kept of each size. */
    static final int KEPT_BYTES = 128 << 10;

    /** References from here: two, so that one release too many is seen and does not free the buffer. */
    static final int OWN = 2;

    private static final int MOST = 64;

    /** How many that are held are passed over before a new one is made. */
    private static final int LOOKS = 4;

    private static final boolean WATCHED_BY_REQUEST = System.getProperty("io.netty.leakDetection.level") != null
            || System.getProperty("io.netty.leakDetectionLevel") != null;

    private static final FastThreadLocal<KeptBuffers> OF_THREAD = new FastThreadLocal<>() {
        @Override
        protected KeptBuffers initialValue() {
            return new KeptBuffers(WATCHED_BY_REQUEST);
        }

        @Override
        protected void onRemoval(KeptBuffers kept) {
            kept.release();
        }
    };

    private final @Nullable ByteBuf[][] kept = new ByteBuf[SIZES][];
    private final int[] next = new int[SIZES];
    private final boolean watchedByRequest;

    /** @param watchedByRequest whether the host has asked for the level of leak detection that is Netty's default */
    KeptBuffers(boolean watchedByRequest) {
        this.watchedByRequest = watchedByRequest;
    }

    /** Those of the event loop that this is called on; released when its thread ends. */
    static KeptBuffers ofThisLoop() {
        return OF_THREAD.get();
    }

    /** The bytes of a size, 0 to {@link #SIZES} - 1. */
    static int bytes(int size) {
        return SMALLEST << size;
    }

    /** An empty buffer of {@link #bytes}, as the allocator would make it; the receiver owns it. */
    ByteBuf take(ByteBufAllocator allocator, int size) {
        if (!mayKeep()) {
            return allocator.ioBuffer(bytes(size));
        }
        @Nullable ByteBuf[] row = kept[size];
        if (row == null) {
            row = new ByteBuf[Math.min(MOST, KEPT_BYTES / bytes(size))];
            kept[size] = row;
        }
        // the one that was used last is still in the processor's cache
        int at = next[size];
        for (int look = 0; look < LOOKS; look++) {
            ByteBuf buffer = row[at];
            if (buffer != null && buffer.refCnt() <= OWN) {
                if (buffer.refCnt() == OWN && buffer.capacity() == bytes(size)) {
                    next[size] = at;
                    return buffer.clear().retain();
                }
                letGo(buffer);
                row[at] = null;
                buffer = null;
            }
            if (buffer == null) {
                next[size] = at;
                return make(allocator, size, row, at);
            }
            at = at + 1 == row.length ? 0 : at + 1;
        }
        next[size] = at;
        return allocator.ioBuffer(bytes(size));
    }

    private static ByteBuf make(ByteBufAllocator allocator, int size, @Nullable ByteBuf[] row, int at) {
        ByteBuf made = allocator.ioBuffer(bytes(size));
        boolean watched = made.unwrap() != null;
        // a transport reads into direct ones only, and where those are rare the next one asked for may have to be one
        if (!watched && made.isDirect()) {
            row[at] = made.retain(OWN);
        }
        return made;
    }

    /** A buffer of this size has grown: it is not kept any longer. */
    @SuppressWarnings("ReferenceEquality") // that object, not one with the same bytes
    void outgrown(ByteBuf buffer, int size) {
        @Nullable ByteBuf[] row = kept[size];
        for (int i = 0; row != null && i < row.length; i++) {
            if (row[i] == buffer) {
                row[i] = null;
                letGo(buffer);
            }
        }
    }

    private static void letGo(ByteBuf buffer) {
        if (buffer.refCnt() >= OWN) {
            buffer.release(OWN);
        } else {
            LOGGER.error("a buffer was released more often than it was handed out; it is not used again");
        }
    }

    private boolean mayKeep() {
        Level level = ResourceLeakDetector.getLevel();
        return level == Level.DISABLED || (level == Level.SIMPLE && !watchedByRequest);
    }

    /** Lets go of all; what is held elsewhere ends there. */
    void release() {
        for (@Nullable ByteBuf[] row : kept) {
            if (row != null) {
                for (ByteBuf buffer : row) {
                    if (buffer != null) {
                        letGo(buffer);
                    }
                }
                Arrays.fill(row, null);
            }
        }
    }
}
