package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.trust.Secret;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A file with certificates: PEM or DER, one or a bundle, PKCS12 or JKS. The form is told by the contents, not by the name.
 * A certificate that is no authority and issues none of the others is a leaf; a file may have several, and each counts.
 *
 * @param name identity; by default the {@code file:} path
 * @param path the file; links are followed
 * @param password password of a key store, or of an encrypted key beside or in a PEM file; absent if there is none. Never printed
 * @param keyFile private key (PEM or DER; PKCS#8, PKCS#1 or SEC 1, encrypted or not) that must belong to a leaf; absent if not
 *     compared. Keys in the file itself are compared always
 * @param leaves which certificates of a PEM or DER file count
 * @param policy what is particular to the target
 */
public record CertificateFile(
        String name,
        Path path,
        @Nullable Secret password,
        @Nullable Path keyFile,
        Leaves leaves,
        TargetPolicy policy) implements CertTarget {

    /** Which certificates of a PEM or DER file count. */
    public enum Leaves {
        /** Every leaf with the authorities above it, and what belongs to none for itself, in whatever order they stand. */
        EACH,
        /** Only the first certificate, as for the server that is given the file; the others are what it sends along. */
        FIRST
    }

    public CertificateFile {
        TargetPolicy.requireName(name);
        requireNonNull(path, "path");
        requireNonNull(leaves, "leaves");
        requireNonNull(policy, "policy");
    }

    /** A file without password, named by its path. */
    public static CertificateFile of(Path path) {
        return new CertificateFile("file:" + path, path, null, null, Leaves.EACH, TargetPolicy.DEFAULT);
    }

    @Override
    public CertificateFile named(String other) {
        return new CertificateFile(other, path, password, keyFile, leaves, policy);
    }

    /** The same file, of which other certificates count. */
    public CertificateFile counting(Leaves other) {
        return new CertificateFile(name, path, password, keyFile, other, policy);
    }

    /** The same key store opened by a password, of which a copy is kept. */
    public CertificateFile withPassword(char[] other) {
        return new CertificateFile(name, path, Secret.of(other), keyFile, leaves, policy);
    }

    /** The same file, whose leaf is compared with a private key. */
    public CertificateFile withKey(Path other) {
        return new CertificateFile(name, path, password, other, leaves, policy);
    }

    @Override
    public CertificateFile withPolicy(TargetPolicy other) {
        return new CertificateFile(name, path, password, keyFile, leaves, other);
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
