package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.trust.Secret;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A thing that stands for many targets: a directory or a pattern of file names, or a file that lists targets. It is read again
 * every {@link dev.pgpool.certwatch.CertWatchBuilder#discovery}: targets that appear are watched from then on, and those that vanish no longer. The
 * set has a report of its own, about the reading.
 *
 * @param name identity; by default the URL without options
 * @param kind what is read
 * @param pattern path or pattern
 * @param recursive whether directories within a directory count
 * @param password for key stores among the files; absent for none
 * @param policy for all members; their own settings come first
 */
public record TargetSet(
        String name,
        Kind kind,
        String pattern,
        boolean recursive,
        @Nullable Secret password,
        TargetPolicy policy) implements CertTarget {

    /** What a set is read from. */
    public enum Kind {
        /**
         * All certificate files of a directory or that match a pattern with {@code *}, {@code ?}, {@code [...]} and {@code **}
         * for any depth of directories. Files that hold only keys, certificate requests and the like are passed over.
         */
        FILES,
        /** A file with one URL on each line, or Prometheus' {@code file_sd} in JSON or YAML. */
        LIST
    }

    public TargetSet {
        TargetPolicy.requireName(name);
        requireNonNull(kind, "kind");
        if (requireNonNull(pattern, "pattern").isEmpty() || pattern.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(name + ": no path (expected: a path or pattern)");
        }
        if (kind == Kind.FILES) {
            for (String segment : pattern.split("/", -1)) {
                requirePattern(segment);
            }
        } else if (recursive || password != null) {
            throw new IllegalArgumentException(name + ": recursive or password (expected: with files only)");
        }
        requireNonNull(policy, "policy");
    }

    private static void requirePattern(String segment) {
        try {
            FileSystems.getDefault().getPathMatcher("glob:" + segment);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "pattern \"" + segment + "\": " + e.getDescription() + " (expected: a pattern of file names)", e);
        }
    }

    /** The certificate files of a directory, or those that match a pattern. */
    public static TargetSet files(String pattern) {
        return new TargetSet("file:" + pattern, Kind.FILES, pattern, false, null, TargetPolicy.DEFAULT);
    }

    /** The targets that a file lists. */
    public static TargetSet list(Path file) {
        return new TargetSet("targets:" + file, Kind.LIST, file.toString(), false, null, TargetPolicy.DEFAULT);
    }

    @Override
    public TargetSet named(String other) {
        return new TargetSet(other, kind, pattern, recursive, password, policy);
    }

    /** The same set with directories within directories. */
    public TargetSet recursively() {
        return new TargetSet(name, kind, pattern, true, password, policy);
    }

    /** The same set, whose key stores are opened by a password, of which a copy is kept. */
    public TargetSet withPassword(char[] other) {
        return new TargetSet(name, kind, pattern, recursive, Secret.of(other), policy);
    }

    @Override
    public TargetSet withPolicy(TargetPolicy other) {
        return new TargetSet(name, kind, pattern, recursive, password, other);
    }

    @Override
    public <R> R map(
            Function<? super Endpoint, ? extends R> endpoint,
            Function<? super CertificateFile, ? extends R> file,
            Function<? super TrustStoreTarget, ? extends R> trustStore,
            Function<? super TargetSet, ? extends R> set) {
        return set.apply(this);
    }

    @Override
    public String toString() {
        return name;
    }
}
