package dev.pgpool.core.internal.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/**
 * How much each connection reads at once, and that it reads into {@link KeptBuffers}. Follows what comes as Netty's own rule
 * does: much larger as soon as a buffer was filled, a step smaller when two reads in a row would have done with half of it.
 */
final class ReadSizes extends DefaultMaxMessagesRecvByteBufAllocator {
    /** As Netty's channels have it: reads of one connection before others have their turn. */
    private static final int READS = 16;

    /** 2 KB: more than what comes in one piece by a network. */
    private static final int FIRST = 3;

    private static final int GROWTH = 4;

    ReadSizes() {
        super(READS);
    }

    @Override
    @SuppressWarnings("deprecation") // the type that Netty 4.1 and 4.2 both have
    public Handle newHandle() {
        return new OfConnection();
    }

    /** Confined to the event loop of the connection. */
    private final class OfConnection extends MaxMessageHandle {
        private int size = FIRST;
        private boolean smaller;

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            return KeptBuffers.ofThisLoop().take(allocator, size);
        }

        @Override
        public int guess() {
            return KeptBuffers.bytes(size);
        }

        @Override
        public void lastBytesRead(int bytes) {
            // there is more: the next read of this round takes it
            if (bytes == attemptedBytesRead()) {
                follow(bytes);
            }
            super.lastBytesRead(bytes);
        }

        @Override
        public void readComplete() {
            follow(totalBytesRead());
        }

        private void follow(int bytes) {
            if (bytes >= guess()) {
                size = Math.min(size + GROWTH, KeptBuffers.SIZES - 1);
                smaller = false;
            } else if (bytes <= guess() / 2) {
                if (smaller && size > 0) {
                    size--;
                }
                smaller = !smaller;
            }
        }
    }
}
