package dev.pgpool.core.config;

import java.util.Locale;

/** For how long a client keeps its server. */
public enum PoolMode {
    /** Until the client leaves. */
    SESSION,
    /** Until its transaction is over. */
    TRANSACTION,
    /** Until its statement is over; a transaction of several statements is refused. */
    STATEMENT;

    /** As in settings files and logs: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
