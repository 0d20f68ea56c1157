package dev.pgpool.certwatch.trust;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where trust anchors come from. Files are read again when they change. */
public sealed interface TrustSource {

    /** The trust store of this Java, as its {@code TrustManagerFactory} sees it. */
    static TrustSource jdk() {
        return new Jdk();
    }

    /** The bundle of the operating system. */
    static TrustSource os() {
        return new Os();
    }

    /** All certificates of a PEM or DER file, or the trusted entries of a key store without password. */
    static TrustSource file(Path file) {
        return new StoreFile(file, null);
    }

    /** The certificates of a PKCS12 or JKS store; a copy of the password is kept. */
    static TrustSource keyStore(Path file, char[] password) {
        return new StoreFile(file, Secret.of(password));
    }

    /** These and no others. */
    static TrustSource of(List<X509Certificate> anchors) {
        return new Given(anchors);
    }

    /** See {@link #jdk()}. */
    record Jdk() implements TrustSource {}

    /** See {@link #os()}. */
    record Os() implements TrustSource {}

    /** See {@link #file(Path)} and {@link #keyStore(Path, char[])}. */
    record StoreFile(Path file, @Nullable Secret password) implements TrustSource {
        public StoreFile {
            requireNonNull(file, "file");
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    /** See {@link #of(List)}. */
    record Given(List<X509Certificate> anchors) implements TrustSource {
        public Given {
            anchors = List.copyOf(anchors);
        }

        @Override
        public String toString() {
            return anchors.size() + " given certificates";
        }
    }
}
