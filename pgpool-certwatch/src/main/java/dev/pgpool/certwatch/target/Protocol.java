package dev.pgpool.certwatch.target;

import dev.pgpool.certwatch.trust.Verification;
import java.util.List;

/** How to get from a TCP connection to a TLS handshake. */
public enum Protocol {
    /** TLS from the first byte, on any port. */
    TLS(0, false, "tls"),
    /** TLS from the first byte, on port 443 unless told otherwise. */
    HTTPS(443, false, "https"),
    /** PostgreSQL: SSLRequest of exactly eight bytes, answered by one byte. */
    POSTGRES(5432, true, "postgres"),
    /** PostgreSQL 17 and later: TLS from the first byte with ALPN {@code postgresql}. */
    POSTGRES_DIRECT(5432, false, "postgres+direct"),
    /** SMTP with EHLO and STARTTLS (RFC 3207). */
    SMTP(25, true, "smtp+starttls"),
    /** IMAP with STARTTLS (RFC 2595). */
    IMAP(143, true, "imap+starttls"),
    /** POP3 with STLS (RFC 2595). */
    POP3(110, true, "pop3+starttls"),
    /** FTP with AUTH TLS (RFC 4217). */
    FTP(21, true, "ftp+starttls"),
    /** LDAP with the StartTLS extended operation (RFC 4511). */
    LDAP(389, true, "ldap+starttls"),
    /** MySQL and MariaDB: the server's greeting answered by an SSL request. */
    MYSQL(3306, true, "mysql+starttls");

    private final int defaultPort;
    private final boolean startTls;
    private final String scheme;

    Protocol(int defaultPort, boolean startTls, String scheme) {
        this.defaultPort = defaultPort;
        this.startTls = startTls;
        this.scheme = scheme;
    }

    /** The port used if none is given; 0 if one must be given. */
    public int defaultPort() {
        return defaultPort;
    }

    /** Something is said in clear text before TLS begins. */
    public boolean startTls() {
        return startTls;
    }

    /** The server greets before the client has said anything. */
    public boolean serverSpeaksFirst() {
        return switch (this) {
            case SMTP, IMAP, POP3, FTP, MYSQL -> true;
            case TLS, HTTPS, POSTGRES, POSTGRES_DIRECT, LDAP -> false;
        };
    }

    /** The URL scheme, as in {@code postgres://}. */
    public String scheme() {
        return scheme;
    }

    /** Application protocols offered in the handshake (ALPN); empty if none. */
    public List<String> applicationProtocols() {
        return this == POSTGRES || this == POSTGRES_DIRECT ? List.of("postgresql") : List.of();
    }

    /** What a client of this protocol checks unless told otherwise: libpq checks nothing, all others everything. */
    public Verification defaultVerification() {
        return this == POSTGRES || this == POSTGRES_DIRECT ? Verification.NONE : Verification.FULL;
    }
}
