package dev.pgpool.core.internal.params;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Names of parameters, whose case does not matter. */
public final class ParameterNames {
    private ParameterNames() {}

    /** Each name once, in order. */
    public static List<String> distinct(Stream<String> names) {
        TreeSet<String> once = new TreeSet<>(AsciiOrder.INSTANCE);
        names.forEach(once::add);
        return List.copyOf(once);
    }

    /** Whether a name is among them. */
    public static boolean has(List<String> names, String name) {
        return names.stream().anyMatch(other -> AsciiOrder.INSTANCE.compare(other, name) == 0);
    }
}
