package dev.pgpool.core.internal.client;

import java.io.ByteArrayOutputStream;

/** Bytes put together. */
final class RigBytes {

    private RigBytes() {}

    static byte[] join(byte[]... messages) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] message : messages) {
            joined.writeBytes(message);
        }
        return joined.toByteArray();
    }
}
