package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.target.CertTarget;
import java.util.HashSet;
import java.util.Set;

/**
 * The names of labels that the targets of a watch have had. Every name is a tag of every meter, so there is a bound, and a
 * name that was seen once counts for good. Thread-safe.
 */
public final class LabelNames {

    /** At most so many names in one watch. */
    public static final int MAX_NAMES = 16;

    private final Set<String> names = new HashSet<>();

    /**
     * Takes in the names of a target's labels.
     *
     * @throws IllegalArgumentException if that is more than a watch may have; then none of them counts
     */
    public synchronized void add(CertTarget target) {
        Set<String> all = new HashSet<>(names);
        all.addAll(target.labels().keySet());
        if (all.size() > MAX_NAMES) {
            throw new IllegalArgumentException(
                    "labels of \"" + target.name() + "\" " + target.labels().keySet() + ": more than " + MAX_NAMES
                            + " names of labels in one watch (expected: few, on all targets the same)");
        }
        names.addAll(all);
    }
}
