package dev.pgpool.core.stats;

import java.util.Locale;

/** Why a client or server connection ended: the word in logs and the tag in metrics. */
public enum CloseReason {
    /** The client said goodbye or just closed. */
    CLIENT_CLOSED,
    CLIENT_LOGIN_FAILED,
    CLIENT_LOGIN_TIMEOUT,
    CLIENT_PROTOCOL_VIOLATION,
    /** The client's TLS handshake failed, or its encryption broke later. */
    CLIENT_TLS_FAILED,
    /** A cancel request was dealt with; such connections live for one packet. */
    CANCEL_REQUEST,
    TOO_MANY_CLIENTS,
    QUERY_WAIT_TIMEOUT,
    /** The client asked for nothing for too long. */
    CLIENT_IDLE_TIMEOUT,
    /** A query ran too long and could not be cancelled. */
    QUERY_TIMEOUT,
    TRANSACTION_TIMEOUT,
    IDLE_IN_TRANSACTION_TIMEOUT,
    /** No server could be had for the client. */
    SERVER_UNAVAILABLE,
    /** The server ended the connection, with or without saying why. */
    SERVER_CLOSED,
    SERVER_CONNECT_FAILED,
    SERVER_PROTOCOL_VIOLATION,
    /** The server's settings or keys have changed. */
    SERVER_REPLACED,
    /** Its database was paused. */
    PAUSED,
    /** An operator has ended it. */
    KILLED,
    /** Its database is not in the configuration any more. */
    DATABASE_REMOVED,
    /** What the server sent while no client used it, or what its client made of it, can't be undone. */
    SERVER_DIRTY,
    /** No client used the server for too long. */
    SERVER_IDLE_TIMEOUT,
    /** The server was old enough to be replaced. */
    SERVER_LIFETIME,
    /** The server did not answer a check as it should. */
    SERVER_CHECK_FAILED,
    /** The pool had no clients for too long. */
    POOL_IDLE_TIMEOUT,
    /** A server was promoted, or is otherwise not of the kind any more that its database wants. */
    SERVER_ROLE_CHANGED,
    /** The name service has no such address for the server's name any more. */
    SERVER_ADDRESS_CHANGED,
    /** An idle server made room for another pool, or for a connection that is not pooled. */
    EVICTED,
    /** A server did not become clean in time after its client left in the middle. */
    ABANDONED,
    /** A server could not be cleaned of its client's session state. */
    RESET_FAILED,
    /** The client's settings could not be applied. */
    SETTINGS_FAILED,
    /** An auth query was not answered in time. */
    AUTH_QUERY_TIMEOUT,
    /** A connection for auth queries was not needed any more. */
    AUTH_QUERY_IDLE,
    /** A connection of the start, which only looked whether its database answers. */
    START_CHECK,
    SHUTDOWN,
    INTERNAL_ERROR;

    /** As in logs and metric tags: lower case with underscores. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
