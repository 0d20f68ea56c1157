package dev.pgpool.certwatch.trust;

/** How much a client of the target would check; the words are those of libpq's {@code sslmode}. */
public enum Verification {
    /** Dates only ({@code require}): trust and names are reported as information. */
    NONE,
    /** A path to the trust store ({@code verify-ca}): names are reported as information. */
    CA,
    /** A path to the trust store and the host name ({@code verify-full}). */
    FULL
}
