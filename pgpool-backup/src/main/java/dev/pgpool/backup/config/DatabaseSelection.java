package dev.pgpool.backup.config;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Which databases of the server a run takes. */
public sealed interface DatabaseSelection {

    /** What fits into a name of PostgreSQL's: {@code NAMEDATALEN} less one. */
    int MAX_NAME_BYTES = 63;

    /** Whether a database is meant, if it is there. */
    boolean takes(String database);

    /** The same text for the same selection, whatever the order it was given in. */
    String describe();

    /**
     * These.
     *
     * @param names at least one; a name that the server lacks fails the run
     */
    record Named(List<String> names) implements DatabaseSelection {
        /** Copies and checks. */
        public Named {
            names = List.copyOf(new TreeSet<>(names));
            if (names.isEmpty()) {
                throw new IllegalArgumentException("none named (expected: at least one)");
            }
            names.forEach(DatabaseSelection::check);
        }

        @Override
        public boolean takes(String database) {
            return names.contains(database);
        }

        @Override
        public String describe() {
            return "named " + names;
        }
    }

    /**
     * All that accept connections and are no templates, but for some.
     *
     * @param excluded names left out
     */
    record AllExcept(Set<String> excluded) implements DatabaseSelection {
        /** Copies. */
        public AllExcept {
            excluded = Set.copyOf(excluded);
            excluded.forEach(DatabaseSelection::check);
        }

        @Override
        public boolean takes(String database) {
            return !excluded.contains(database);
        }

        @Override
        public String describe() {
            return "all except " + new TreeSet<>(excluded);
        }
    }

    /**
     * Those whose names match, {@code *} standing for any text and {@code ?} for any character.
     *
     * @param patterns at least one; one that begins with {@code !} leaves out what it matches, whatever the others say; if there
     *     are only such, all others are taken
     */
    record Matching(List<String> patterns) implements DatabaseSelection {
        /** Copies and checks. */
        public Matching {
            patterns = List.copyOf(new TreeSet<>(patterns));
            if (patterns.isEmpty() || patterns.contains("") || patterns.contains("!")) {
                throw new IllegalArgumentException(patterns + " (expected: at least one pattern, none empty)");
            }
        }

        @Override
        public boolean takes(String database) {
            boolean positive = patterns.stream().anyMatch(p -> !p.startsWith("!"));
            return patterns.stream().noneMatch(p -> p.startsWith("!") && matches(p.substring(1), database))
                    && (!positive || patterns.stream().anyMatch(p -> !p.startsWith("!") && matches(p, database)));
        }

        @Override
        public String describe() {
            return "matching " + patterns;
        }
    }

    /** True if a name matches a pattern of {@code *} and {@code ?}. */
    static boolean matches(String pattern, String name) {
        StringBuilder expression = new StringBuilder();
        pattern.codePoints()
                .forEach(c ->
                        expression.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c))));
        return Pattern.compile(expression.toString(), Pattern.DOTALL)
                .matcher(name)
                .matches();
    }

    private static void check(String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (name.isEmpty() || bytes > MAX_NAME_BYTES || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("\"" + name + "\" has " + bytes + " bytes (expected: 1 to "
                    + MAX_NAME_BYTES + ", as PostgreSQL's names have, and no zero character)");
        }
    }
}
