package dev.pgpool.certwatch;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file with certificates: PEM or DER, one or a bundle, PKCS12 or JKS. The form is told by the contents, not by the name.
 * The first certificate (of a key store: of its keys' chains) is taken for the leaf if it is not a CA certificate.
 *
 * @param name identity; by default the {@code file:} path
 * @param path the file; links are followed
 * @param password password of a key store; absent if it has none. Never printed
 * @param keyFile private key (PEM, PKCS#8, not encrypted) that must belong to the leaf; absent if not compared
 * @param thresholds own thresholds; absent to use those of the watch
 */
public record CertificateFile(
        String name,
        Path path,
        @Nullable String password,
        @Nullable Path keyFile,
        @Nullable Thresholds thresholds) implements CertTarget {

    public CertificateFile {
        if (requireNonNull(name, "name").isBlank()) {
            throw new IllegalArgumentException("name: \"\" (expected: not blank)");
        }
        requireNonNull(path, "path");
    }

    /** A file without password, named by its path. */
    public static CertificateFile of(Path path) {
        return new CertificateFile("file:" + path, path, null, null, null);
    }

    /** The same file under another name. */
    public CertificateFile named(String other) {
        return new CertificateFile(other, path, password, keyFile, thresholds);
    }

    /** The same key store opened by a password. */
    public CertificateFile withPassword(String other) {
        return new CertificateFile(name, path, requireNonNull(other, "password"), keyFile, thresholds);
    }

    /** The same file, whose leaf is compared with a private key. */
    public CertificateFile withKey(Path other) {
        return new CertificateFile(name, path, password, other, thresholds);
    }

    /** The same file with own thresholds. */
    public CertificateFile withThresholds(Thresholds other) {
        return new CertificateFile(name, path, password, keyFile, other);
    }

    @Override
    public String toString() {
        return name;
    }
}
