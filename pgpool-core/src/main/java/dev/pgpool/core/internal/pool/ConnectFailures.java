package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.wire.ErrorFields;

/**
 * Judges by its SQLSTATE why a server connection could not be made.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>
 */
final class ConnectFailures {
    /** sqlserver_rejected_establishment_of_sqlconnection. */
    static final String REJECTED = "08004";

    private static final String PROTOCOL_VIOLATION = "08P01";

    private ConnectFailures() {}

    /**
     * Whether time may mend it, so that clients wait: the server can't be reached, is starting up, shutting down or full,
     * or has trouble with its system. A wrong password, a database that does not exist, or any other refusal is told at
     * once.
     */
    static boolean mayPass(ErrorFields error) {
        return mayBeOtherwiseElsewhere(error)
                && !error.sqlState().equals(REJECTED)
                && !error.sqlState().equals(PROTOCOL_VIOLATION);
    }

    /**
     * Whether another host may do better, as libpq sees it: connection exception, operator intervention (starting up,
     * shutting down), insufficient resources (full), system error.
     */
    static boolean mayBeOtherwiseElsewhere(ErrorFields error) {
        String state = error.sqlState();
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53") || state.startsWith("58");
    }
}
