package dev.pgpool.core.internal.admin;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A command of an operator: a word with at most one argument, or {@code SET key = value}.
 *
 * @param verb in upper case; empty for the statement that asks for nothing
 * @param argument as given, out of its quotes; for {@code SET} the key
 * @param value only of {@code SET}
 */
record AdminCommand(String verb, Optional<String> argument, Optional<String> value) {
    private static final String WORD = "[^\\s;'\"=]+";
    private static final Pattern NOTHING = Pattern.compile("[\\s;]*");
    private static final Pattern PLAIN =
            Pattern.compile("\\s*([A-Za-z_]+)(?:\\s+(?:(" + WORD + ")|\"((?:[^\"]|\"\")+)\"))?\\s*;?\\s*");
    private static final Pattern SET = Pattern.compile(
            "\\s*SET\\s+(\\w+)(?:\\s*=\\s*|\\s+TO\\s+)(?:'((?:[^']|'')*)'|([^\\s;'\"]+))\\s*;?\\s*",
            Pattern.CASE_INSENSITIVE);

    /** Null if it is no command at all. */
    static @Nullable AdminCommand parse(String sql) {
        if (NOTHING.matcher(sql).matches()) {
            return new AdminCommand("", Optional.empty(), Optional.empty());
        }
        Matcher set = SET.matcher(sql);
        if (set.matches()) {
            String quoted = set.group(2);
            return new AdminCommand(
                    "SET",
                    Optional.of(set.group(1).toLowerCase(Locale.ROOT)),
                    Optional.of(quoted == null ? set.group(3) : quoted.replace("''", "'")));
        }
        Matcher plain = PLAIN.matcher(sql);
        if (!plain.matches()) {
            return null;
        }
        String verb = plain.group(1).toUpperCase(Locale.ROOT);
        if (verb.equals("SET")) {
            // without a key and its value
            return null;
        }
        String quoted = plain.group(3);
        Optional<String> argument =
                quoted == null ? Optional.ofNullable(plain.group(2)) : Optional.of(quoted.replace("\"\"", "\""));
        return new AdminCommand(verb.equals("SELECT") ? "SHOW" : verb, argument, Optional.empty());
    }
}
