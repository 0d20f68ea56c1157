package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import org.jspecify.annotations.Nullable;

/** Which negotiation a target needs. */
public final class Negotiations {

    private Negotiations() {}

    /** What comes before TLS with this target; absent if nothing does. */
    public static @Nullable Negotiation of(Endpoint endpoint) {
        return switch (endpoint.protocol()) {
            case TLS, HTTPS, POSTGRES_DIRECT -> null;
            case POSTGRES -> new PostgresNegotiation();
            case SMTP -> new SmtpNegotiation(endpoint.connect().ehlo());
            case IMAP -> new ImapNegotiation();
            case POP3 -> new Pop3Negotiation();
            case FTP -> new FtpNegotiation();
            case LDAP -> new LdapNegotiation();
            case MYSQL -> new MysqlNegotiation();
        };
    }

    /** Asks a proxy for a tunnel to the target. */
    public static Negotiation tunnel(HttpProxy proxy, Endpoint endpoint) {
        return new ConnectNegotiation(proxy, endpoint);
    }
}
