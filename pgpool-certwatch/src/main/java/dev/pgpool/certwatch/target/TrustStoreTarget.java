package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.trust.TrustSource;
import java.util.function.Function;

/**
 * A trust store whose anchors are watched, as when a root that clients depend on runs out unnoticed. Anchors that have
 * expired already are normal in the stores of Java and of operating systems: they are counted as information, and the
 * thresholds look at the first anchor that has yet to expire.
 *
 * @param name identity
 * @param source which store
 * @param policy what is particular to the target
 */
public record TrustStoreTarget(String name, TrustSource source, TargetPolicy policy) implements CertTarget {

    public TrustStoreTarget {
        TargetPolicy.requireName(name);
        requireNonNull(source, "source");
        requireNonNull(policy, "policy");
    }

    /** The store of this Java. */
    public static TrustStoreTarget jdk() {
        return new TrustStoreTarget("truststore:jdk", TrustSource.jdk(), TargetPolicy.DEFAULT);
    }

    /** The bundle of the operating system. */
    public static TrustStoreTarget os() {
        return new TrustStoreTarget("truststore:os", TrustSource.os(), TargetPolicy.DEFAULT);
    }

    @Override
    public TrustStoreTarget named(String other) {
        return new TrustStoreTarget(other, source, policy);
    }

    @Override
    public TrustStoreTarget withPolicy(TargetPolicy other) {
        return new TrustStoreTarget(name, source, other);
    }

    @Override
    public <R> R map(
            Function<? super Endpoint, ? extends R> endpoint,
            Function<? super CertificateFile, ? extends R> file,
            Function<? super TrustStoreTarget, ? extends R> trustStore,
            Function<? super TargetSet, ? extends R> set) {
        return trustStore.apply(this);
    }

    @Override
    public String toString() {
        return name;
    }
}
