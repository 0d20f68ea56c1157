package dev.pgpool.backup.store;

/**
 * The store's word that it has a part.
 *
 * @param number of the part, from 1
 * @param size bytes
 * @param etag the store's opaque name of the part
 * @param crc32c of the bytes that were sent
 */
public record PartReceipt(int number, long size, String etag, int crc32c) {}
