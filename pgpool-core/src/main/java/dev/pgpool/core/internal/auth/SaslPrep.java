package dev.pgpool.core.internal.auth;

import java.text.Normalizer;

/**
 * SASLprep, by which a password is brought into one form before keys are derived from it, as PostgreSQL applies it on
 * both sides: a password that cannot be prepared is used as it is.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4013">RFC 4013</a>, and PostgreSQL's {@code src/common/saslprep.c}
 */
final class SaslPrep {

    private SaslPrep() {}

    /** The password as keys are derived from it. */
    static String prepare(String password) {
        if (isAscii(password)) {
            return password;
        }
        String mapped = mapped(password);
        // the RFC looks at the normalized text, PostgreSQL at that before
        return isAllowed(mapped) ? Normalizer.normalize(mapped, Normalizer.Form.NFKC) : password;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7F) {
                return false;
            }
        }
        return true;
    }

    /** Some characters are in both tables: PostgreSQL asks first whether one is a space. */
    private static String mapped(String text) {
        StringBuilder mapped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (SaslPrepTables.SPACES.contains(c)) {
                mapped.append(' ');
            } else if (!SaslPrepTables.NOTHING.contains(c)) {
                mapped.appendCodePoint(c);
            }
        });
        return mapped.toString();
    }

    private static boolean isAllowed(String text) {
        if (text.isEmpty() || text.codePoints().anyMatch(SaslPrepTables.PROHIBITED::contains)) {
            return false;
        }
        if (text.codePoints().noneMatch(SaslPrepTables.RIGHT_TO_LEFT::contains)) {
            return true;
        }
        // text from right to left is that from end to end
        return text.codePoints().noneMatch(SaslPrepTables.LEFT_TO_RIGHT::contains)
                && SaslPrepTables.RIGHT_TO_LEFT.contains(text.codePointAt(0))
                && SaslPrepTables.RIGHT_TO_LEFT.contains(text.codePointBefore(text.length()));
    }
}
