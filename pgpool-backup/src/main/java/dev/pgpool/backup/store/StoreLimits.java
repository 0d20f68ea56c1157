package dev.pgpool.backup.store;

/**
 * What a store accepts in a multipart write.
 *
 * @param minPartBytes smallest part except the last
 * @param maxPartBytes largest part
 * @param maxParts largest number of parts
 * @param equalParts true if all parts but the last must have one size (Cloudflare R2)
 */
public record StoreLimits(long minPartBytes, long maxPartBytes, int maxParts, boolean equalParts) {

    /** The limits of Amazon S3: 5 MiB to 5 GiB, 10,000 parts. */
    public static final StoreLimits S3 = new StoreLimits(5L << 20, 5L << 30, 10_000, false);

    /** No limits to speak of. */
    public static final StoreLimits NONE = new StoreLimits(1, Integer.MAX_VALUE, Integer.MAX_VALUE, false);

    /** Checks that the limits make sense. */
    public StoreLimits {
        if (minPartBytes < 1 || maxPartBytes < minPartBytes || maxParts < 1) {
            throw new IllegalArgumentException("store limits: minPartBytes " + minPartBytes + ", maxPartBytes "
                    + maxPartBytes + ", maxParts " + maxParts + " (expected: 1 <= min <= max and maxParts >= 1)");
        }
    }
}
