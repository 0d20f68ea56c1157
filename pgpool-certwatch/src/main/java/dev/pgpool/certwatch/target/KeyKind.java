package dev.pgpool.certwatch.target;

/** The kind of key that a server's certificate is asked to have. Servers may hold one certificate of each kind. */
public enum KeyKind {
    /** RSA. */
    RSA,
    /** Elliptic curves. */
    ECDSA
}
