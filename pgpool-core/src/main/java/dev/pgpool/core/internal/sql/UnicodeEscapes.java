package dev.pgpool.core.internal.sql;

import java.nio.charset.StandardCharsets;

/**
 * Reads what an identifier of the form {@code U&"..."} says.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">Identifiers and Key Words</a>
 */
final class UnicodeEscapes {
    private UnicodeEscapes() {}

    /** The identifier in UTF-8; what is no valid escape stands for itself, the server will refuse it. */
    static byte[] decode(String text, char escape) {
        StringBuilder said = new StringBuilder();
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            int digits = 0;
            int from = i + 1;
            if (c == escape) {
                if (from < text.length() && text.charAt(from) == escape) {
                    said.append(escape);
                    i += 2;
                    continue;
                }
                boolean six = from < text.length() && text.charAt(from) == '+';
                from += six ? 1 : 0;
                digits = six ? 6 : 4;
            }
            int point = digits == 0 ? -1 : point(text, from, digits);
            if (point >= 0) {
                said.appendCodePoint(point);
                i = from + digits;
            } else {
                said.append(c);
                i++;
            }
        }
        return said.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static int point(String text, int from, int digits) {
        if (from + digits > text.length()) {
            return -1;
        }
        int point = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            point = point << 4 | digit;
        }
        return Character.isValidCodePoint(point) ? point : -1;
    }
}
