package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** What messages of both directions are made of: a type, a length that counts itself, strings with a zero byte behind. */
public final class MessageWriter {
    private MessageWriter() {}

    /** Begins a message, whose length is not known yet; returns where that is to stand, for {@link #end}. */
    public static int begin(ByteBuf out, byte type) {
        out.writeByte(type).writeInt(0);
        return out.writerIndex() - Integer.BYTES;
    }

    /** Ends the message whose length stands there. */
    public static void end(ByteBuf out, int lengthIndex) {
        out.setInt(lengthIndex, out.writerIndex() - lengthIndex);
    }

    public static void string(ByteBuf out, String value) {
        out.writeCharSequence(value, StandardCharsets.UTF_8);
        out.writeByte(0);
    }
}
