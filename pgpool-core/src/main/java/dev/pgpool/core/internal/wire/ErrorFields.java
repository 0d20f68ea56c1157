package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an ErrorResponse that the pooler reads or writes. All are optional on the wire (CVE-2026-6666): what a
 * server leaves out gets a default here.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-error-fields.html">Error and Notice Message Fields</a>
 *
 * @param words what PgBouncer says in its place, if the pooler says it; not sent as a field of its own
 */
public record ErrorFields(
        String severity,
        String sqlState,
        String message,
        @Nullable String detail,
        @Nullable String hint,
        @Nullable String words) {

    /** An error that PgBouncer has no words of its own for. */
    public ErrorFields(
            String severity, String sqlState, String message, @Nullable String detail, @Nullable String hint) {
        this(severity, sqlState, message, detail, hint, null);
    }

    /** What a log that is read as PgBouncer's says. */
    public String told() {
        return words == null ? message : words;
    }

    /** The same error, of which a log that is read as PgBouncer's says something else. */
    public ErrorFields logged(String otherWords) {
        return new ErrorFields(severity, sqlState, message, detail, hint, otherWords);
    }

    /** The server's own words, with those of PgBouncer where the server gives no detail. */
    public ErrorFields refused(String otherWords) {
        return new ErrorFields(severity, sqlState, message, detail == null ? otherWords : detail, hint, otherWords);
    }

    /** Reads the body of an ErrorResponse without consuming it; tolerates any content. */
    public static ErrorFields read(ByteBuf buf, int bodyIndex, int bodyEnd) {
        String severity = "ERROR";
        String sqlState = "XX000";
        String message = "error without message";
        String detail = null;
        String hint = null;
        boolean untranslated = false;
        int at = bodyIndex;
        while (at < bodyEnd && buf.getByte(at) != 0) {
            byte field = buf.getByte(at);
            int end = MessageReader.endOfString(buf, at + 1, bodyEnd);
            if (end < 0) {
                break;
            }
            String value = buf.toString(at + 1, end - at - 1, StandardCharsets.UTF_8);
            switch (field) {
                case 'S' -> severity = untranslated ? severity : value;
                case 'V' -> {
                    // like S, but never in another language
                    severity = value;
                    untranslated = true;
                }
                case 'C' -> sqlState = value;
                case 'M' -> message = value;
                case 'D' -> detail = value;
                case 'H' -> hint = value;
                default -> {
                    // position, file and the like: they are never asked for
                }
            }
            at = end + 1;
        }
        return new ErrorFields(severity, sqlState, message, detail, hint);
    }

    /** The same error with the severity that ends a connection. */
    public ErrorFields asFatal() {
        return new ErrorFields("FATAL", sqlState, message, detail, hint, words);
    }

    /** Whether the sender ends the connection after this error. */
    public boolean isFatal() {
        return severity.equals("FATAL") || severity.equals("PANIC");
    }
}
