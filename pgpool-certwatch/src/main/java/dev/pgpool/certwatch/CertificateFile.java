package dev.pgpool.certwatch;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A file with certificates: PEM or DER, one or a bundle, PKCS12 or JKS. The form is told by the contents, not by the name.
 * The first certificate (of a key store: of its keys' chains) is taken for the leaf if it is not a CA certificate.
 *
 * @param name identity; by default the {@code file:} path
 * @param path the file; links are followed
 * @param password password of a key store; absent if it has none. Never printed
 * @param keyFile private key (PEM, PKCS#8, not encrypted) that must belong to the leaf; absent if not compared
 * @param policy what is particular to the target
 */
public record CertificateFile(
        String name,
        Path path,
        @Nullable Secret password,
        @Nullable Path keyFile,
        TargetPolicy policy) implements CertTarget {

    public CertificateFile {
        if (requireNonNull(name, "name").isBlank()) {
            throw new IllegalArgumentException("name: \"\" (expected: not blank)");
        }
        requireNonNull(path, "path");
        requireNonNull(policy, "policy");
    }

    /** A file without password, named by its path. */
    public static CertificateFile of(Path path) {
        return new CertificateFile("file:" + path, path, null, null, TargetPolicy.DEFAULT);
    }

    @Override
    public CertificateFile named(String other) {
        return new CertificateFile(other, path, password, keyFile, policy);
    }

    /** The same key store opened by a password, of which a copy is kept. */
    public CertificateFile withPassword(char[] other) {
        return new CertificateFile(name, path, Secret.of(other), keyFile, policy);
    }

    /** The same file, whose leaf is compared with a private key. */
    public CertificateFile withKey(Path other) {
        return new CertificateFile(name, path, password, other, policy);
    }

    @Override
    public CertificateFile withPolicy(TargetPolicy other) {
        return new CertificateFile(name, path, password, keyFile, other);
    }

    @Override
    public CertificateFile withThresholds(Thresholds other) {
        return withPolicy(policy.withThresholds(other));
    }

    @Override
    public <R> R map(
            Function<? super Endpoint, ? extends R> endpoint,
            Function<? super CertificateFile, ? extends R> file,
            Function<? super TrustStoreTarget, ? extends R> trustStore,
            Function<? super TargetSet, ? extends R> set) {
        return file.apply(this);
    }

    @Override
    public String toString() {
        return name;
    }
}
