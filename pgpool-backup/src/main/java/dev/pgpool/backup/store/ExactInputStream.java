package dev.pgpool.backup.store;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Gives exactly the promised number of bytes: an early end is an error, and more is not looked at. */
final class ExactInputStream extends FilterInputStream {

    private final String key;
    private final long length;
    private long left;

    ExactInputStream(InputStream in, long length, String key) {
        super(in);
        this.length = length;
        this.left = length;
        this.key = key;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
        if (left == 0) {
            return -1;
        }
        int n = super.read(target, offset, (int) Math.min(count, left));
        if (n < 0) {
            throw new EOFException(key + ": ended " + left + " bytes before the promised " + length);
        }
        left -= n;
        return n;
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = super.skip(Math.min(count, left));
        left -= skipped;
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
