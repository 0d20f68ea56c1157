package dev.pgpool.core.event;

/** Why an attempt to get a server connection failed: how far it had come. */
public enum ConnectFailure {
    /** The server's name could not be looked up. */
    LOOKUP_FAILED,
    /** Its address could not be reached. */
    UNREACHABLE,
    /** The server was not ready in time. */
    TIMEOUT,
    /** It could not be agreed how, or whether, to encrypt the connection. */
    ENCRYPTION_FAILED,
    /** The server refused the login, or asked for what there is no secret for. */
    LOGIN_FAILED,
    /** The server ended the connection before it was ready, and did not say why. */
    CLOSED,
    /** The server let us in, but is not of the kind that is wanted, or could not be prepared. */
    UNFIT,
    /** It was not wanted any more. */
    ABANDONED
}
