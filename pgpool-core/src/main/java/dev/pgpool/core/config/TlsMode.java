package dev.pgpool.core.config;

/**
 * Whether a connection is encrypted, and what must be proven; libpq's sslmode. Unix sockets are never encrypted, whatever
 * the mode.
 */
public enum TlsMode {
    /** Never encrypted. */
    DISABLE,
    /** From clients: as they like. Towards servers: in clear; encrypted where the server's rules refuse that. */
    ALLOW,
    /** From clients: as they like. Towards servers: encrypted where the server can; in clear where it can't. */
    PREFER,
    /** Encrypted, or not at all. */
    REQUIRE,
    /** Encrypted, and the other side shows a certificate that leads to a trusted authority. */
    VERIFY_CA,
    /**
     * As {@link #VERIFY_CA}; towards servers the certificate must also be that of the host that was connected to. From
     * clients: as {@link #VERIFY_CA}.
     */
    VERIFY_FULL;

    /** Whether nothing is ever sent in clear. */
    public boolean isRequired() {
        return compareTo(REQUIRE) >= 0;
    }

    /** Whether the other side must prove who it is. */
    public boolean isVerified() {
        return compareTo(VERIFY_CA) >= 0;
    }
}
