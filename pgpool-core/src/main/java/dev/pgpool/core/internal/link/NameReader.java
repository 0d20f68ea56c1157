package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;

/** Reads where names end in the messages that give, use or take back a statement. */
final class NameReader {
    /** A name that is still not all here by then has no end: looking for it at each read would be quadratic. */
    private static final int NAME_LIMIT = 1 << 20;

    private NameReader() {}

    /** Whether a Describe or a Close is about a statement; else it is about a portal. */
    static boolean isStatement(MessageCursor in) {
        return in.bodyLength() > 0 && in.buffer().getByte(in.bodyIndex()) == FrontendType.TARGET_STATEMENT;
    }

    /** Index of the terminator, or -1 if the message is incomplete and it may still come. */
    static int stringEnd(MessageCursor in, int from, String what) {
        int end = MessageReader.endOfString(in.buffer(), from, in.arrivedEnd());
        if (end < 0 && (in.isComplete() || in.arrivedEnd() - from > NAME_LIMIT)) {
            throw new WireViolation(PoolerError.CLIENT_PROTOCOL_VIOLATION, what + " is not terminated");
        }
        return end;
    }
}
