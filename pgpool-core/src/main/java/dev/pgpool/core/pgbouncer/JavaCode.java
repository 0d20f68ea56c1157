package dev.pgpool.core.pgbouncer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Calls one behind the other on a builder, as Java source; and how values are written there. */
final class JavaCode {
    private static final String INDENT = "        ";

    private final List<String> calls = new ArrayList<>();

    /** A call with arguments that are Java already. */
    JavaCode call(String method, String... arguments) {
        calls.add("." + method + "(" + String.join(", ", arguments) + ")");
        return this;
    }

    /** A call with one argument, unless it says what holds without. */
    JavaCode unless(Object usual, String method, Object value) {
        return usual.equals(value) ? this : call(method, of(value));
    }

    /** A call with a lambda that calls another builder; none at all if that has nothing to do. */
    JavaCode nestedUnlessEmpty(String method, String parameter, JavaCode inner) {
        return inner.calls.isEmpty() ? this : nested(method, "", parameter, inner);
    }

    /** A call with a name and a lambda that calls another builder. */
    JavaCode nested(String method, String name, String parameter, JavaCode inner) {
        String first = name.isEmpty() ? "" : name + ", ";
        calls.add("." + method + "(" + first + parameter + " -> "
                + (inner.calls.isEmpty() ? "{}" : parameter + inner.text(1)) + ")");
        return this;
    }

    /** The calls, each on a line of its own. */
    String text(int depth) {
        String begin = "\n" + INDENT.repeat(depth);
        return calls.stream()
                .map(call -> begin + call.replace("\n", "\n" + INDENT.repeat(depth)))
                .collect(Collectors.joining());
    }

    /** A value as Java writes it. */
    static String of(Object value) {
        if (value instanceof String text) {
            return of(text);
        }
        if (value instanceof Path path) {
            return "Path.of(" + of(path.toString()) + ")";
        }
        if (value instanceof Duration time) {
            return of(time);
        }
        return value instanceof Enum<?> constant
                ? constant.getDeclaringClass().getSimpleName() + "." + constant.name()
                : String.valueOf(value);
    }

    private static String of(Duration time) {
        if (time.isZero()) {
            return "Duration.ZERO";
        }
        if (time.getNano() == 0) {
            return "Duration.ofSeconds(" + time.toSeconds() + "L)";
        }
        return time.equals(Duration.ofMillis(time.toMillis()))
                ? "Duration.ofMillis(" + time.toMillis() + "L)"
                : "Duration.ofNanos(" + time.toNanos() + "L)";
    }

    private static String of(String text) {
        StringBuilder literal = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> literal.append('\\').append(c);
                case '\n' -> literal.append("\\n");
                case '\r' -> literal.append("\\r");
                case '\t' -> literal.append("\\t");
                default -> {
                    if (c < ' ' || c > '~') {
                        // whatever encoding the source is read in
                        literal.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        literal.append(c);
                    }
                }
            }
        }
        return literal.append('"').toString();
    }

    /** Several values, each as Java writes it. */
    static String[] all(Stream<String> values) {
        return values.map(JavaCode::of).toArray(String[]::new);
    }

    /** Text for a comment: nothing in it ends the line or is taken for an escape. */
    static String comment(String text) {
        return text.replace('\\', '/').replaceAll("\\p{Cntrl}", " ");
    }
}
