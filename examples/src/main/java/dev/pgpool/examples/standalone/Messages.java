package dev.pgpool.examples.standalone;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Messages of PostgreSQL's protocol, as bytes. */
final class Messages {
    private Messages() {}

    /** @param body its characters are bytes */
    static byte[] of(char type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(1 + Integer.BYTES + bytes.length)
                .put((byte) type)
                .putInt(bytes.length + Integer.BYTES)
                .put(bytes)
                .array();
    }
}
