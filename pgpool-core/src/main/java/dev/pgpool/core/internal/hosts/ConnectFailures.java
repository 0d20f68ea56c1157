package dev.pgpool.core.internal.hosts;

import dev.pgpool.core.internal.auth.AuthenticationProtocolException;
import dev.pgpool.core.internal.wire.ErrorFields;
import java.time.Duration;

/**
 * Judges by its SQLSTATE why a server connection could not be made.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>
 */
public final class ConnectFailures {
    /** sqlserver_rejected_establishment_of_sqlconnection. */
    static final String REJECTED = "08004";

    /** Between two attempts, however short the configured delay: an attempt after the other would keep two machines busy. */
    private static final long SHORTEST_DELAY_NANOS = 100_000_000;

    private static final String PROTOCOL_VIOLATION = "08P01";

    private ConnectFailures() {}

    /** When the next attempt is due after one has failed now, by {@link System#nanoTime}. */
    public static long retryAtNanos(Duration delay) {
        return System.nanoTime() + Math.max(SHORTEST_DELAY_NANOS, delay.toNanos());
    }

    /**
     * Whether time may mend it, so that clients wait: the server can't be reached, is starting up, shutting down or full,
     * or has trouble with its system. A wrong password, a database that does not exist, or any other refusal is told at
     * once.
     */
    public static boolean mayPass(ErrorFields error) {
        return mayBeOtherwiseElsewhere(error)
                && !error.sqlState().equals(REJECTED)
                && !error.sqlState().equals(PROTOCOL_VIOLATION);
    }

    /** Whether the server has asked for something that our secret is not good for, or that we have no secret for. */
    public static boolean isOfSecret(ErrorFields error) {
        return AuthenticationProtocolException.WRONG_SECRET.equals(error.words());
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
