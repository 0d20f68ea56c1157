package dev.pgpool.core.internal.auth;

import org.jspecify.annotations.Nullable;

/**
 * Authentication cannot go on: the peer broke the protocol, or asks for what we cannot give. The message may be shown
 * to the peer; it contains no secret. Has no stack trace, because peers can cause it at will.
 */
public final class AuthenticationProtocolException extends RuntimeException {

    /** PgBouncer's words for a server that asks for another secret than we have, or for one where we have none. */
    public static final String WRONG_SECRET = "wrong password type";

    static final String PROTOCOL_VIOLATION = "08P01";
    static final String FEATURE_NOT_SUPPORTED = "0A000";
    static final String INVALID_AUTHORIZATION = "28000";

    private static final long serialVersionUID = 1L;
    private static final int MAX_QUOTED = 60;

    private final String sqlState;
    private final @Nullable String words;

    AuthenticationProtocolException(String message) {
        this(PROTOCOL_VIOLATION, message);
    }

    AuthenticationProtocolException(String sqlState, String message) {
        this(sqlState, message, null);
    }

    /** @param words what PgBouncer says of it, if it has words of its own */
    AuthenticationProtocolException(String sqlState, String message, @Nullable String words) {
        super(message, null, false, false);
        this.sqlState = sqlState;
        this.words = words;
    }

    /** What PgBouncer says of it; null if it has no words of its own. */
    public @Nullable String words() {
        return words;
    }

    /** The SQLSTATE to report: 08P01, 0A000 or 28000. */
    public String sqlState() {
        return sqlState;
    }

    /** Whether the connection is not what it has to be, for any user. */
    public boolean isAboutTheConnection() {
        return sqlState.equals(INVALID_AUTHORIZATION);
    }

    /** Makes text of a peer fit to be shown: printable ASCII, bounded. */
    static String quoted(String text) {
        var shown = new StringBuilder("\"");
        for (int i = 0; i < Math.min(text.length(), MAX_QUOTED); i++) {
            char c = text.charAt(i);
            shown.append(c >= 0x20 && c < 0x7f && c != '"' ? c : '?');
        }
        return shown.append(text.length() > MAX_QUOTED ? "...\"" : "\"").toString();
    }
}
