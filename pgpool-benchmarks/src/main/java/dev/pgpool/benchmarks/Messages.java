package dev.pgpool.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/** Writes the messages of a benchmark into one buffer. */
final class Messages {
    private final ByteBuf buffer = ByteBufAllocator.DEFAULT.directBuffer();

    /** A message with a text body; {@code ~} stands for the zero byte. */
    Messages add(char type, String body) {
        byte[] bytes = body.replace('~', '\0').getBytes(StandardCharsets.US_ASCII);
        buffer.writeByte(type).writeInt(4 + bytes.length).writeBytes(bytes);
        return this;
    }

    Messages add(char type, int bodyBytes, int times) {
        for (int i = 0; i < times; i++) {
            buffer.writeByte(type).writeInt(4 + bodyBytes).writeZero(bodyBytes);
        }
        return this;
    }

    /** The buffer, owned by the caller. */
    ByteBuf done() {
        return buffer;
    }
}
