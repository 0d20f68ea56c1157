package dev.pgpool.core.internal.prepared;

import dev.pgpool.core.internal.wire.MessageReader;
import io.netty.buffer.ByteBuf;

/**
 * The columns that a statement returns, as one number: their names, types and type modifiers, but not their formats, which
 * differ from portal to portal. Two statements with one text return different columns when a table was changed between.
 */
public final class RowShape {
    /** Of a statement that returns no rows. */
    public static final int NO_ROWS = 1;

    /** Table and column number, before the type. */
    private static final int ORIGIN_BYTES = 6;
    /** Type, size and modifier. */
    private static final int TYPE_BYTES = 10;
    /** The format code, behind the modifier. */
    private static final int FORMAT_BYTES = 2;

    private RowShape() {}

    /** The shape in a complete RowDescription; never 0. Tolerates any content. */
    public static int of(ByteBuf buf, int bodyIndex, int bodyEnd) {
        int shape = 1;
        int at = bodyIndex + 2;
        while (at < bodyEnd) {
            int nameEnd = MessageReader.endOfString(buf, at, bodyEnd);
            int type = nameEnd + 1 + ORIGIN_BYTES;
            if (nameEnd < 0 || type + TYPE_BYTES > bodyEnd) {
                break;
            }
            shape = 31 * shape + MessageReader.hash(buf, at, nameEnd);
            shape = 31 * shape + MessageReader.hash(buf, type, type + TYPE_BYTES);
            at = type + TYPE_BYTES + FORMAT_BYTES;
        }
        return shape == 0 || shape == NO_ROWS ? 2 : shape;
    }
}
