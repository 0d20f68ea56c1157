package dev.pgpool.core.internal.params;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parameters of a client that must not stay on a server when the client gives it back: a server that is idle belongs to the
 * pool and not to a session, and what the pooler asks on behalf of the next client is not to be cancelled by the limits of the
 * one before.
 */
final class ForeignLimits {
    /** PostgreSQL ends a session that is idle for so long. */
    private static final String IDLE = "idle_session_timeout";
    /** What runs for longer is cancelled, or its session ended. */
    private static final List<String> RUNNING = List.of("statement_timeout", "transaction_timeout", "lock_timeout");
    /** A limit that a query of the pooler's own may exceed on a machine that is busy. */
    private static final long SHORT_MILLIS = 100;
    /** A query may have to wait for the transactions of others before it begins. */
    private static final String DEFERRABLE = "default_transaction_deferrable";

    private ForeignLimits() {}

    /** The names of those that these settings have; empty for nearly all clients. */
    static List<String> of(SessionParameters settings) {
        List<String> found = new ArrayList<>();
        if (millis(settings.get(IDLE)) > 0) {
            found.add(IDLE);
        }
        for (String name : RUNNING) {
            long limit = millis(settings.get(name));
            if (limit > 0 && limit < SHORT_MILLIS) {
                found.add(name);
            }
        }
        if ("on".equals(settings.get(DEFERRABLE))) {
            found.add(DEFERRABLE);
        }
        return List.copyOf(found);
    }

    /** As PostgreSQL tells a time: a number with the largest unit that divides it, or 0 for none. */
    private static long millis(@Nullable String told) {
        if (told == null || told.isEmpty()) {
            return 0;
        }
        int digits = 0;
        while (digits < told.length() && Character.digit(told.charAt(digits), 10) >= 0) {
            digits++;
        }
        boolean inMillis = digits == told.length() || told.startsWith("ms", digits);
        if (digits == 0 || digits > 10 || !inMillis) {
            return Long.MAX_VALUE;
        }
        return Long.parseLong(told, 0, digits, 10);
    }
}
