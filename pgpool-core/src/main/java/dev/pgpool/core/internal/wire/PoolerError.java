package dev.pgpool.core.internal.wire;

import org.jspecify.annotations.Nullable;

/**
 * Every error that the pooler itself originates. Templates take one argument ({@code %s}): what was seen. Message and
 * SQLSTATE are PostgreSQL's where it has such an error; where PgBouncer says it otherwise, its words are the DETAIL, and
 * they are what a log says that is read as PgBouncer's.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>
 */
public enum PoolerError {
    INVALID_STARTUP_PACKET("FATAL", "08P01", "invalid startup packet: %s", null),
    UNSUPPORTED_PROTOCOL("FATAL", "0A000", "unsupported frontend protocol %s: server supports 3.0 to 3.2", null),
    BYTES_AFTER_ENCRYPTION_REQUEST(
            "FATAL",
            "08P01",
            "received unencrypted data after %s request",
            "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack."),
    CLIENT_PROTOCOL_VIOLATION("FATAL", "08P01", "protocol violation by the client: %s", null),
    TLS_REQUIRED("FATAL", "28000", "SSL required", "Connect with sslmode=require or stricter."),
    TLS_OUTDATED("FATAL", "28000", "%s", "Connect again."),
    LOGIN_OUTDATED("FATAL", "28000", "the configuration changed while user \"%s\" logged in", "Connect again."),
    NO_USER_NAME("FATAL", "28000", "no PostgreSQL user name specified in startup packet", null, "no username supplied"),
    AUTHENTICATION_FAILED(
            "FATAL", "28P01", "password authentication failed for user \"%s\"", null, "password authentication failed"),
    SASL_FAILED("FATAL", "28P01", "password authentication failed for user \"%s\"", null, "SASL authentication failed"),
    AUTHENTICATION_UNAVAILABLE(
            "FATAL",
            "58000",
            "could not look up the credential of user \"%s\"",
            "See the log of the pooler.",
            "bouncer config error"),
    EMPTY_PASSWORD("FATAL", "28P01", "empty password returned by client", null),
    NO_HBA_ENTRY("FATAL", "28000", "no pg_hba.conf entry for %s", null, "no authentication method is found"),
    HBA_REJECTED("FATAL", "28000", "pg_hba.conf rejects connection for %s", null, "login rejected"),
    LOGIN_REJECTED("FATAL", "28000", "login rejected for user \"%s\"", null, "login rejected"),
    TRUST_REFUSED(
            "FATAL",
            "28000",
            "\"trust\" authentication failed for user \"%s\"",
            null,
            "\"trust\" authentication failed"),
    TRUST_FOUND_NOBODY("FATAL", "28000", "\"trust\" authentication failed for user \"%s\"", null, "no such user"),
    CERTIFICATE_REFUSED(
            "FATAL",
            "28000",
            "certificate authentication failed for user \"%s\"",
            null,
            "certificate authentication failed"),
    PEER_REFUSED("FATAL", "28000", "Peer authentication failed for user \"%s\"", null, "unix socket login rejected"),
    LDAP_FAILED("FATAL", "28000", "LDAP authentication failed for user \"%s\"", null, "LDAP authentication failed"),
    CLEARTEXT_REFUSED(
            "FATAL",
            "28000",
            "this login needs an encrypted connection: user \"%s\", no encryption",
            "Connect with TLS (sslmode=require) or by unix socket."),
    NO_SUCH_DATABASE("FATAL", "3D000", "database \"%s\" does not exist", null, "no such database: %s"),
    TOO_MANY_CLIENTS(
            "FATAL",
            "53300",
            "no more connections allowed (max_client_conn)",
            "Raise maxClientConnections or close idle clients."),
    TOO_MANY_CLIENTS_OF_DATABASE(
            "FATAL",
            "53300",
            "client connections exceeded (max_db_client_connections)",
            "Raise the database's maxClients or close idle clients."),
    TOO_MANY_CLIENTS_OF_USER(
            "FATAL",
            "53300",
            "client connections exceeded (max_user_client_connections)",
            "Raise the user's maxClients or close idle clients."),
    LOGIN_TIMEOUT("FATAL", "08P01", "client_login_timeout", null),
    LOGIN_TIMEOUT_WITHOUT_SERVER("FATAL", "08006", "client_login_timeout (server down)", null),
    INVALID_REPLICATION(
            "FATAL",
            "22023",
            "invalid value for parameter \"replication\": \"%s\"",
            "Valid values are: \"false\", 0, \"true\", 1, \"database\"."),
    INVALID_OPTION(
            "FATAL",
            "42601",
            "invalid command-line argument for server process: %s",
            "A client may set parameters, by -c name=value or --name=value; other arguments are for the server's own start.",
            "unsupported options startup parameter: only '-c config=val' and '--config=val' are allowed"),
    QUERY_WAIT_TIMEOUT(
            "FATAL",
            "53300",
            "query_wait_timeout: %s",
            "All server connections are in use: shorten transactions or raise maxConnections.",
            "query_wait_timeout"),
    WAITING_FOR_SERVER(
            "NOTICE", "00000", "No server connection available in postgres backend, client being queued", null),
    QUERY_TIMEOUT("ERROR", "57014", "canceling statement due to query_timeout", null, "query timeout"),
    QUERY_NOT_CANCELLED("FATAL", "57014", "terminating connection due to query_timeout: %s", null, "query timeout"),
    TRANSACTION_TIMEOUT(
            "FATAL", "25P04", "terminating connection due to transaction timeout", null, "transaction timeout"),
    IDLE_IN_TRANSACTION_TIMEOUT(
            "FATAL",
            "25P03",
            "terminating connection due to idle-in-transaction timeout",
            null,
            "idle transaction timeout"),
    CLIENT_IDLE_TIMEOUT(
            "FATAL", "57P05", "terminating connection due to idle-session timeout", null, "client_idle_timeout"),
    SESSION_STATE_REJECTED(
            "ERROR",
            "0A000",
            "session state is not allowed in this pool: %s",
            "Use what ends with its transaction, a pool in session mode, or another sessionState policy."),
    SEQUENCE_VALUE_UNKNOWN(
            "ERROR",
            "55000",
            "the last value of a sequence is not known outside of a transaction",
            "Call currval or lastval in the transaction that called nextval, or use INSERT ... RETURNING."),
    SIMPLE_QUERIES_DISALLOWED(
            "FATAL",
            "0A000",
            "PQexec disallowed",
            "Only the extended query protocol is allowed here (disable_pqexec)."),
    NO_TRANSACTION_BLOCKS("FATAL", "08P01", "transaction blocks not allowed in statement pooling mode", null),
    SERVER_LOGIN_FAILED("FATAL", "08006", "server login failed: %s", null),
    SERVER_LOGIN_FAILING(
            "FATAL", "08006", "server login has been failing, cached error: %s (server_login_retry)", null),
    SERVER_CLOSED(
            "FATAL",
            "08006",
            "server closed the connection unexpectedly",
            "This probably means the server terminated abnormally before or while processing the request.",
            "server conn crashed?"),
    SERVER_PROTOCOL_VIOLATION("FATAL", "08P01", "protocol violation by the server: %s", null),
    SHUTTING_DOWN("FATAL", "57P03", "the database system is shutting down", null, "pooler is shutting down"),
    DATABASE_DISABLED("FATAL", "55000", "database \"%s\" is disabled", null),
    KILLED("FATAL", "57P01", "admin forced disconnect", null),
    CONSOLE_REFUSED(
            "FATAL",
            "42501",
            "permission denied for the admin console: user \"%s\"",
            "Name the user in adminUsers or statsUsers.",
            "not allowed"),
    CONSOLE_NEEDS_SIMPLE_QUERIES(
            "ERROR", "08P01", "extended query protocol not supported by admin console", "Use simple queries."),
    AUTHENTICATION_DATABASE_DISABLED("FATAL", "55000", "authentication database \"%s\" is disabled", null),
    SHUTDOWN("FATAL", "57P01", "terminating connection due to administrator command", null, "server shutting down"),
    DATABASE_REMOVED("FATAL", "57P01", "terminating connection due to administrator command", null, "database removed"),
    SERVER_REPLACED(
            "FATAL",
            "57P01",
            "terminating connection due to administrator command",
            null,
            "database configuration changed"),
    INTERNAL("FATAL", "XX000", "internal error of the pooler: %s", "See the log of the pooler.");

    private final String severity;
    private final String sqlState;
    private final String template;
    private final @Nullable String hint;
    private final @Nullable String words;

    PoolerError(String severity, String sqlState, String template, @Nullable String hint) {
        this(severity, sqlState, template, hint, null);
    }

    /** @param words PgBouncer's, which clients and tools look for: the error's DETAIL, unless its message has them */
    PoolerError(String severity, String sqlState, String template, @Nullable String hint, @Nullable String words) {
        this.severity = severity;
        this.sqlState = sqlState;
        this.template = template;
        this.hint = hint;
        this.words = words;
    }

    /** The error as sent. */
    public ErrorFields with(String detail) {
        String message = template.replace("%s", detail);
        String theirs = words == null ? message : words.replace("%s", detail);
        return new ErrorFields(severity, sqlState, message, message.contains(theirs) ? null : theirs, hint, theirs);
    }

    /** The error as sent, for what a server has said: with its SQLSTATE, and its words behind ours. */
    public ErrorFields from(ErrorFields said) {
        String message = with(said.message()).message();
        // what a server says of a login that it refuses is logged as it is
        boolean itsOwn = this == SERVER_LOGIN_FAILED && said.words() == null;
        String theirs = itsOwn ? said.message() : with(said.told()).message();
        return new ErrorFields(severity, said.sqlState(), message, said.detail(), said.hint(), theirs);
    }

    /** The error as sent, for templates without an argument. */
    public ErrorFields plain() {
        return with("");
    }
}
