package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.internal.bytes.ChunkedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;

/** The plain stream, sealed chunk by chunk. The plain stream's failure to end well is passed on; no last chunk is made then. */
final class EncryptingInputStream extends ChunkedInputStream {

    private final InputStream plain;
    private final ChunkCipher cipher;
    private final byte[] chunk = new byte[ChunkCipher.CHUNK];
    private final byte[] out = new byte[ChunkCipher.CHUNK + ChunkCipher.TAG];
    private byte[] ready;
    private int position;
    private int limit;
    private boolean finished;
    private long plainBytes;

    EncryptingInputStream(InputStream plain, ChunkCipher cipher) {
        this.plain = plain;
        this.cipher = cipher;
        this.ready = cipher.header();
        this.limit = ready.length;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (position == limit && !nextChunk()) {
            return -1;
        }
        int n = Math.min(length, limit - position);
        System.arraycopy(ready, position, target, offset, n);
        position += n;
        return n;
    }

    private boolean nextChunk() throws IOException {
        if (finished) {
            return false;
        }
        int length = plain.readNBytes(chunk, 0, chunk.length);
        plainBytes += length;
        // A full chunk is never the last: an empty one follows it. Thus nothing has to be read ahead.
        finished = length < chunk.length;
        try {
            limit = cipher.seal(chunk, length, finished, out);
        } catch (GeneralSecurityException e) {
            throw new IOException("encryption failed", e);
        }
        ready = out;
        position = 0;
        return true;
    }

    /** Bytes of the plain stream so far. */
    long plainBytes() {
        return plainBytes;
    }
}
