package dev.pgpool.backup.store;

import io.minio.ByteBuffer;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/**
 * A request's body over bytes that are only lent: the client reads them as a stream. Given as an array, it would hand all of
 * them to its sink at once, which copies them: a second part in memory for each one under way.
 */
final class PartBody extends ByteBuffer {

    private final byte[] data;
    private final int length;

    PartBody(byte[] data, int length) {
        super(length);
        this.data = data;
        this.length = length;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public InputStream inputStream() {
        return new ByteArrayInputStream(data, 0, length);
    }
}
