package dev.pgpool.backup.config;

/** pg_dump's output formats that can be streamed. ({@code -Fd} writes a directory and cannot.) */
public enum DumpFormat {
    /** {@code -Fc}: compressed, selectable, restored by pg_restore; parallel from a file. */
    CUSTOM("c", "data.dump"),
    /** {@code -Fp}: SQL, restored by psql; never parallel. */
    PLAIN("p", "data.sql"),
    /** {@code -Ft}: the directory format as one tar file; uncompressed, and pg_dump spools each table on its own disk. */
    TAR("t", "data.tar");

    private final String flag;
    private final String fileName;

    DumpFormat(String flag, String fileName) {
        this.flag = flag;
        this.fileName = fileName;
    }

    /** The letter after {@code -F}. */
    public String flag() {
        return flag;
    }

    /** The object's name in a backup. */
    public String fileName() {
        return fileName;
    }
}
