package dev.pgpool.core.advice;

/** What is worth knowing beside the {@link Verdict}. */
public enum Remark {
    /** The pool was seen for less than nine tenths of the window. */
    PARTLY_SEEN,
    /** For more than half of the time no server was free while clients waited: the figures say less about how much more is needed. */
    MOSTLY_SHORT,
    /** Clients hold at least three times as many connections as ever had something to do at once. */
    CLIENTS_OVERSIZED,
    /** The size that would suffice is more than PostgreSQL's {@code max_connections} leaves. */
    BEYOND_MAX_CONNECTIONS,
    /** The size that would suffice is more than a limit that pools share, of the database, the user or the fleet. */
    BEYOND_SHARED_LIMIT,
    /** PostgreSQL does not tell how many processors it has; more servers at work than about twice that many gain nothing. */
    PROCESSORS_UNKNOWN
}
