package dev.pgpool.backup.store;

/**
 * One part of a multipart write, lent to the store for the duration of the call. Not a record, because it holds an array
 * that is used again for another part.
 */
public final class Part {

    private final int number;
    private final long offset;
    private final byte[] data;
    private final int length;
    private final int crc32c;

    /**
     * A part.
     *
     * @param number from 1
     * @param offset of its first byte in the object
     * @param data the bytes; only read, and not after the call has returned
     * @param length how many of them
     * @param crc32c their CRC32C
     */
    public Part(int number, long offset, byte[] data, int length, int crc32c) {
        this.number = number;
        this.offset = offset;
        this.data = data;
        this.length = length;
        this.crc32c = crc32c;
    }

    /** From 1. */
    public int number() {
        return number;
    }

    /** Position of the part's first byte in the object. */
    public long offset() {
        return offset;
    }

    /** The bytes, from index 0. Only to be read. */
    public byte[] data() {
        return data;
    }

    /** Number of bytes in {@link #data()} that belong to the part. */
    public int length() {
        return length;
    }

    /** CRC32C of the bytes. */
    public int crc32c() {
        return crc32c;
    }
}
