package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The start-up parameter {@code replication}, read as PostgreSQL reads it. */
final class ReplicationRequest {
    private ReplicationRequest() {}

    /**
     * Whether it asks for a walsender: {@code database}, or a true boolean.
     *
     * @param value null if the client sent none
     * @throws WireViolation if it is neither that nor false
     */
    static boolean isWanted(@Nullable String value) {
        if (value == null) {
            return false;
        }
        if (value.equals("database") || value.equals("1")) {
            return true;
        }
        String word = value.toLowerCase(Locale.ROOT);
        if (abbreviates(word, "true", 1) || abbreviates(word, "yes", 1) || word.equals("on")) {
            return true;
        }
        if (word.equals("0")
                || abbreviates(word, "false", 1)
                || abbreviates(word, "no", 1)
                || abbreviates(word, "off", 2)) {
            return false;
        }
        throw new WireViolation(PoolerError.INVALID_REPLICATION, value);
    }

    private static boolean abbreviates(String word, String whole, int atLeast) {
        return word.length() >= atLeast && whole.startsWith(word);
    }
}
