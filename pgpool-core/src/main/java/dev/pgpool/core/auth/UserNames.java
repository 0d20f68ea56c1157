package dev.pgpool.core.auth;

import java.nio.charset.StandardCharsets;

/** The bounds of a user name. */
final class UserNames {

    /** PgBouncer's MAX_USERNAME, less the terminating zero byte; PostgreSQL's own names end at 63 bytes. */
    private static final int MAX_BYTES = 127;

    private UserNames() {}

    static void check(String user) {
        if (user.isEmpty()) {
            throw new IllegalArgumentException("the user name is empty (expected: at least one character)");
        }
        if (user.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the user name contains a zero byte (expected: none)");
        }
        int bytes = user.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "the user name has " + bytes + " bytes (expected: at most " + MAX_BYTES + ")");
        }
    }
}
