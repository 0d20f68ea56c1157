package dev.pgpool.core.internal.sql;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What an identifier in a text names: case folded, quotes and escapes undone, cut to the length that counts. Names are strings
 * in which each character is a byte, because their encoding is the client's.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS">Identifiers</a>
 */
final class Identifiers {
    private Identifiers() {}

    /**
     * The name.
     *
     * @param raw what stands in the text, between the quotes if there are any
     * @param escaped whether there may be code points in it, as behind {@code U&}
     * @param escape what they begin with
     */
    static String of(byte[] raw, boolean quoted, boolean escaped, char escape) {
        String name = new String(raw, StandardCharsets.ISO_8859_1);
        if (!quoted) {
            return cut(folded(name));
        }
        name = name.replace("\"\"", "\"");
        return cut(escaped ? unescaped(name, escape) : name);
    }

    private static String folded(String name) {
        StringBuilder folded = new StringBuilder(name);
        for (int i = 0; i < folded.length(); i++) {
            char c = folded.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded.setCharAt(i, (char) (c + 32));
            }
        }
        return folded.toString();
    }

    /** {@code \\0061} and {@code \\+000061}; a text that has something else behind its escape is no SQL. */
    private static String unescaped(String name, char escape) {
        StringBuilder bytes = new StringBuilder();
        int i = 0;
        while (i < name.length()) {
            char c = name.charAt(i);
            if (c != escape) {
                bytes.append(c);
                i++;
                continue;
            }
            boolean longForm = i + 1 < name.length() && name.charAt(i + 1) == '+';
            int from = i + (longForm ? 2 : 1);
            int to = Math.min(from + (longForm ? 6 : 4), name.length());
            if (from < name.length() && name.charAt(from) == escape) {
                bytes.append(c);
                i = from + 1;
                continue;
            }
            try {
                byte[] utf8 = Character.toString(Integer.parseInt(name.substring(from, to), 16))
                        .getBytes(StandardCharsets.UTF_8);
                bytes.append(new String(utf8, StandardCharsets.ISO_8859_1));
            } catch (IllegalArgumentException e) {
                return name;
            }
            i = to;
        }
        return bytes.toString();
    }

    /** At most as many bytes as count, without half a character of UTF-8 at the end. */
    private static String cut(String name) {
        if (name.length() <= StatementNames.SIGNIFICANT_BYTES) {
            return name;
        }
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        int end = StatementNames.SIGNIFICANT_BYTES;
        while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
            end--;
        }
        return new String(Arrays.copyOf(bytes, end), StandardCharsets.ISO_8859_1);
    }
}
