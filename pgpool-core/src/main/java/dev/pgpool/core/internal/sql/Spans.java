package dev.pgpool.core.internal.sql;

import io.netty.buffer.ByteBuf;

/** Where comments and quotes of SQL text end: absolute indexes, the limit at most. */
final class Spans {
    private Spans() {}

    /** Index of the line break that ends the comment which begins at {@code from} with two dashes. */
    static int endOfLine(ByteBuf buf, int from, int limit) {
        int i = from + 2;
        while (i < limit && buf.getByte(i) != '\n' && buf.getByte(i) != '\r') {
            i++;
        }
        return i;
    }

    /** Index behind the comment that begins at {@code from}, with those inside of it. */
    static int behindComment(ByteBuf buf, int from, int limit) {
        int depth = 1;
        int i = from + 2;
        while (i < limit && depth > 0) {
            byte b = buf.getByte(i);
            if (b == '*' && i + 1 < limit && buf.getByte(i + 1) == '/') {
                depth--;
                i += 2;
            } else if (b == '/' && i + 1 < limit && buf.getByte(i + 1) == '*') {
                depth++;
                i += 2;
            } else {
                i++;
            }
        }
        return i;
    }

    /** Index of the double quote that ends the identifier which begins at {@code from}. */
    static int endOfIdentifier(ByteBuf buf, int from, int limit) {
        int i = from;
        while (i < limit) {
            if (buf.getByte(i) != '"') {
                i++;
            } else if (i + 1 < limit && buf.getByte(i + 1) == '"') {
                i += 2;
            } else {
                break;
            }
        }
        return i;
    }

    /**
     * Index of the tag that ends a dollar quote.
     *
     * @param tag index of the tag that begins it
     * @param from index behind that tag
     */
    static int endOfDollarQuote(ByteBuf buf, int tag, int from, int limit) {
        int length = from - tag;
        for (int i = from; i + length <= limit; i++) {
            if (isTag(buf, i, tag, length)) {
                return i;
            }
        }
        return limit;
    }

    private static boolean isTag(ByteBuf buf, int index, int tag, int length) {
        for (int k = 0; k < length; k++) {
            if (buf.getByte(index + k) != buf.getByte(tag + k)) {
                return false;
            }
        }
        return true;
    }
}
