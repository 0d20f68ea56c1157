package dev.pgpool.backup.config;

/**
 * How pg_dump compresses.
 *
 * @param method by what
 * @param level the method's level; -1 for its default
 */
public record Compression(Method method, int level) {

    /** The compressors of pg_dump. */
    public enum Method {
        /** zstd if this pg_dump can do it (16 and newer, built with it), else gzip at level 4. */
        AUTO,
        /** None. */
        NONE,
        /** gzip, in every pg_dump. */
        GZIP,
        /** lz4, in pg_dump 16 and newer, if built with it. */
        LZ4,
        /** zstd, in pg_dump 16 and newer, if built with it. */
        ZSTD
    }

    /** Checks the level. */
    public Compression {
        if (level < -1 || level > 22) {
            throw new IllegalArgumentException("compression level: " + level + " (expected: -1 to 22)");
        }
    }

    /** The best that the installed pg_dump has. */
    public static Compression auto() {
        return new Compression(Method.AUTO, -1);
    }

    /** None. */
    public static Compression none() {
        return new Compression(Method.NONE, 0);
    }

    /** gzip of a level from 1 to 9. */
    public static Compression gzip(int level) {
        return new Compression(Method.GZIP, level);
    }

    /** zstd of a level from 1 to 22. */
    public static Compression zstd(int level) {
        return new Compression(Method.ZSTD, level);
    }
}
