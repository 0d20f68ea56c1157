package dev.pgpool.core.config;

/** How encryption begins on a connection to a server; libpq's sslnegotiation. */
public enum TlsNegotiation {
    /** With a question, as every PostgreSQL understands it. */
    POSTGRES,
    /** At once, with ALPN: one round trip less, from PostgreSQL 17 on. */
    DIRECT
}
