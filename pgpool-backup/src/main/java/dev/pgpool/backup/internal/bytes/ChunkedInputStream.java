package dev.pgpool.backup.internal.bytes;

import java.io.IOException;
import java.io.InputStream;

/** A stream that is read in chunks; a single byte is a chunk of one. */
public abstract class ChunkedInputStream extends InputStream {

    /** Reads as {@link InputStream#read(byte[], int, int)} does. */
    @Override
    public abstract int read(byte[] target, int offset, int length) throws IOException;

    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }
}
