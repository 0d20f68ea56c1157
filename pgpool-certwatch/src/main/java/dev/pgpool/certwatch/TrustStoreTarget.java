package dev.pgpool.certwatch;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A trust store whose anchors are watched, as when a root that clients depend on runs out unnoticed. Anchors that have
 * expired already are normal in the stores of Java and of operating systems: they are counted as information, and the
 * thresholds look at the first anchor that has yet to expire.
 *
 * @param name identity
 * @param source which store
 * @param thresholds own thresholds; absent to use those of the watch
 */
public record TrustStoreTarget(
        String name, TrustSource source, @Nullable Thresholds thresholds) implements CertTarget {

    public TrustStoreTarget {
        if (requireNonNull(name, "name").isBlank()) {
            throw new IllegalArgumentException("name: \"\" (expected: not blank)");
        }
        requireNonNull(source, "source");
    }

    /** The store of this Java. */
    public static TrustStoreTarget jdk() {
        return new TrustStoreTarget("truststore:jdk", TrustSource.jdk(), null);
    }

    /** The bundle of the operating system. */
    public static TrustStoreTarget os() {
        return new TrustStoreTarget("truststore:os", TrustSource.os(), null);
    }

    @Override
    public String toString() {
        return name;
    }
}
