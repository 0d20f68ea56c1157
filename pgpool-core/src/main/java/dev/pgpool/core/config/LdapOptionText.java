package dev.pgpool.core.config;

import java.util.ArrayList;
import java.util.List;

/**
 * The text of LDAP options: {@code name=value} with blanks or commas between them. Double quotes keep blanks and commas in a
 * name or value; two of them inside stand for one.
 */
final class LdapOptionText {
    private final String text;
    private int at;

    /** An option. */
    record Pair(String name, String value) {}

    private LdapOptionText(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException if it is no such text; values are not shown */
    static List<Pair> parse(String text) {
        List<Pair> pairs = new ArrayList<>();
        LdapOptionText rest = new LdapOptionText(text);
        while (rest.skipSeparators()) {
            pairs.add(pair(rest.word()));
        }
        return pairs;
    }

    static String redacted(String text) {
        if (!text.contains("passwd")) {
            return text;
        }
        try {
            var shown = new StringBuilder();
            for (Pair pair : parse(text)) {
                String value = pair.name().equals("ldapbindpasswd") ? "********" : pair.value();
                shown.append(shown.isEmpty() ? "" : " ")
                        .append(pair.name())
                        .append("=\"")
                        .append(value.replace("\"", "\"\""))
                        .append('"');
            }
            return shown.toString();
        } catch (IllegalArgumentException e) {
            return "********";
        }
    }

    /** @param word {@code name=value} without quotes */
    private static Pair pair(String word) {
        int equals = word.indexOf('=');
        if (equals <= 0) {
            throw new IllegalArgumentException("LDAP option without a value (expected: name=value)");
        }
        return new Pair(word.substring(0, equals), word.substring(equals + 1));
    }

    private boolean skipSeparators() {
        while (at < text.length() && isSeparator(text.charAt(at))) {
            at++;
        }
        return at < text.length();
    }

    private String word() {
        var word = new StringBuilder();
        boolean inside = false;
        for (; at < text.length() && (inside || !isSeparator(text.charAt(at))); at++) {
            char c = text.charAt(at);
            if (c != '"') {
                word.append(c);
            } else if (inside && at + 1 < text.length() && text.charAt(at + 1) == '"') {
                word.append('"');
                at++;
            } else {
                inside = !inside;
            }
        }
        if (inside) {
            throw new IllegalArgumentException("LDAP option without a closing double quote");
        }
        return word.toString();
    }

    private static boolean isSeparator(char c) {
        return c == ',' || Character.isWhitespace(c);
    }
}
