package dev.pgpool.core.event;

import java.util.Locale;

/** Why a client or server connection ended: the word in logs and the tag in metrics. */
public enum CloseReason {
    /** The client said goodbye or just closed. */
    CLIENT_CLOSED,
    CLIENT_LOGIN_FAILED,
    CLIENT_LOGIN_TIMEOUT,
    CLIENT_PROTOCOL_VIOLATION,
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
    /** What the server sent while nobody used it can't be undone. */
    SERVER_DIRTY,
    /** Nobody used the server for too long. */
    SERVER_IDLE_TIMEOUT,
    /** The server was old enough to be replaced. */
    SERVER_LIFETIME,
    /** The server did not answer a check as it should. */
    SERVER_CHECK_FAILED,
    /** The server was idle while another pool needed its place. */
    EVICTED,
    /** The pool had no clients for too long. */
    POOL_IDLE_TIMEOUT,
    /** A server did not become clean in time after its client left in the middle. */
    ABANDONED,
    /** The client's settings could not be applied. */
    SETTINGS_FAILED,
    SHUTDOWN,
    INTERNAL_ERROR;

    /** As in logs and metric tags: lower case with underscores. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
