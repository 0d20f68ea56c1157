package dev.pgpool.core.pgbouncer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code key=value} pairs with blanks between them. A value with blanks stands in single quotes, a quote within them is
 * doubled.
 */
final class ConnectString {
    private final String text;
    private int at;

    private ConnectString(String text) {
        this.text = text;
    }

    /** By key, in order; each value is said to stand where the whole does. */
    static Map<String, Value> parse(Value whole, List<String> problems) {
        ConnectString scanner = new ConnectString(whole.text());
        Map<String, Value> pairs = new LinkedHashMap<>();
        while (scanner.skipBlanks()) {
            String key = scanner.key();
            String value = key.isEmpty() ? null : scanner.value();
            if (value == null) {
                // what is wrong may be a password: it is not shown
                problems.add(whole.where() + ": " + whole.key() + ": not understood at character " + (scanner.at + 1)
                        + " of its value (expected: key=value or key='va''lue', with blanks between)");
                return pairs;
            }
            String name = key.toLowerCase(Locale.ROOT);
            if (pairs.put(name, new Value(whole.key() + "." + name, value, whole.where())) != null) {
                problems.add(whole.where() + ": " + whole.key() + "." + name + ": given twice (expected: once)");
            }
        }
        return pairs;
    }

    private boolean skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length();
    }

    private String key() {
        int begin = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
            at++;
        }
        return text.substring(begin, at);
    }

    private @Nullable String value() {
        skipBlanks();
        if (at >= text.length() || text.charAt(at) != '=') {
            return null;
        }
        at++;
        if (!skipBlanks() || text.charAt(at) != '\'') {
            int begin = at;
            while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return text.substring(begin, at);
        }
        return quoted();
    }

    private @Nullable String quoted() {
        StringBuilder value = new StringBuilder();
        int i = at + 1;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c != '\'') {
                value.append(c);
            } else if (i < text.length() && text.charAt(i) == '\'') {
                value.append('\'');
                i++;
            } else {
                at = i;
                return value.toString();
            }
        }
        return null;
    }
}
