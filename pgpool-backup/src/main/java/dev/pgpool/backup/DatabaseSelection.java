package dev.pgpool.backup;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which databases of the server a run takes. */
public sealed interface DatabaseSelection {

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
                throw new IllegalArgumentException("databases: none named (expected: at least one)");
            }
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
        }
    }
}
