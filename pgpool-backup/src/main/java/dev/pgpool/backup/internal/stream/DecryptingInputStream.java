package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.internal.bytes.ChunkedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;

/** The plain stream of a sealed one. Gives out only bytes whose chunk was authentic, and no end before the last chunk's. */
final class DecryptingInputStream extends ChunkedInputStream {

    private final InputStream sealed;
    private final byte[] masterKey;
    private final byte[] in = new byte[ChunkCipher.CHUNK + ChunkCipher.TAG];
    private final byte[] plain = new byte[ChunkCipher.CHUNK];
    private ChunkCipher cipher;
    private int position;
    private int limit;
    private boolean finished;

    DecryptingInputStream(InputStream sealed, byte[] masterKey) throws IOException {
        this.sealed = sealed;
        this.masterKey = masterKey;
        this.cipher = start();
    }

    private ChunkCipher start() throws IOException {
        byte[] header = sealed.readNBytes(ChunkCipher.HEADER);
        if (header.length < ChunkCipher.HEADER) {
            throw new EOFException("encrypted object ends within its header");
        }
        try {
            return ChunkCipher.open(masterKey, header);
        } catch (GeneralSecurityException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        while (position == limit) {
            if (finished) {
                return -1;
            }
            nextChunk();
        }
        int n = Math.min(length, limit - position);
        System.arraycopy(plain, position, target, offset, n);
        position += n;
        return n;
    }

    private void nextChunk() throws IOException {
        int length = sealed.readNBytes(in, 0, in.length);
        boolean last = length < in.length;
        if (length < ChunkCipher.TAG) {
            throw new EOFException("encrypted object is cut off: its last chunk is missing");
        }
        try {
            limit = cipher.open(in, length, last, plain);
        } catch (GeneralSecurityException e) {
            throw new IOException("encrypted object is damaged or cut off, or the key is another one", e);
        }
        position = 0;
        finished = last;
        if (last && sealed.read() >= 0) {
            throw new IOException("encrypted object goes on after its last chunk");
        }
    }

    @Override
    public void close() throws IOException {
        sealed.close();
    }
}
