package dev.pgpool.core.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Which kind of server a database wants, with libpq's meaning. A host of another kind is left alone and the next one is
 * tried.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS">
 *     target_session_attrs</a>
 */
public enum TargetSessionAttributes {
    /** Any server. */
    ANY,
    /** A server whose sessions may write by default: no standby, and {@code default_transaction_read_only} off. */
    READ_WRITE,
    /** A server whose sessions may not write by default: the opposite of {@link #READ_WRITE}. */
    READ_ONLY,
    /** A server that is not in hot standby. */
    PRIMARY,
    /** A server in hot standby. */
    STANDBY,
    /** A server in hot standby if one of the hosts is, else any. */
    PREFER_STANDBY;

    /** libpq's word for it, like {@code read-write}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Reads libpq's word.
     *
     * @throws IllegalArgumentException for any other word, with the words that there are
     */
    public static TargetSessionAttributes parse(String label) {
        for (TargetSessionAttributes attributes : values()) {
            if (attributes.label().equals(label)) {
                return attributes;
            }
        }
        throw new IllegalArgumentException("target session attributes: \"" + label + "\" (expected: "
                + Arrays.stream(values()).map(TargetSessionAttributes::label).collect(Collectors.joining(", ")) + ")");
    }
}
