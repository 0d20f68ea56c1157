package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.Unnamed;
import dev.pgpool.core.internal.wire.ErrorFields;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A statement that the pooler refuses. The server is sent one that it must refuse instead, so that the transaction fails
 * exactly as it must, and the client is told our reason in the place of the server's.
 *
 * @param error what to tell the client
 * @param routine where PostgreSQL would report it; null if it has no such error
 * @param unnamed the change of the unnamed statement that it is in the place of; null if it is of something else
 */
record Rejection(
        ErrorFields error,
        @Nullable String routine,
        @Nullable Unnamed unnamed) {
    Rejection(ErrorFields error, @Nullable String routine) {
        this(error, routine, null);
    }

    Rejection(ErrorFields error) {
        this(error, null);
    }

    /** The same in the place of something that changes the unnamed statement. */
    Rejection inPlaceOf(@Nullable Unnamed change) {
        return new Rejection(error, routine, change);
    }

    /** Text that is no SQL; administrators may find it in the server's log. */
    static final String TEXT = "rejected by pgpool, see its sessionState policy";

    /** Name of a statement that no client has prepared. */
    static final byte[] NAME = "pgpool rejects this".getBytes(StandardCharsets.US_ASCII);

    private static final String SYNTAX_ERROR = "42601";
    private static final String UNKNOWN_STATEMENT = "26000";

    /** Body of a Parse of the text, without parameter types. */
    static byte[] parseBody() {
        byte[] text = TEXT.getBytes(StandardCharsets.US_ASCII);
        byte[] body = new byte[text.length + 3];
        System.arraycopy(text, 0, body, 0, text.length);
        return body;
    }

    /** Whether the server's error is the one that we caused; in a failed transaction it has its own to say. */
    boolean isMeantBy(ErrorFields serverError) {
        return serverError.sqlState().equals(SYNTAX_ERROR)
                || serverError.sqlState().equals(UNKNOWN_STATEMENT);
    }
}
