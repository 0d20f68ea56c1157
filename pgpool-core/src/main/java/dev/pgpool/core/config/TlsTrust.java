package dev.pgpool.core.config;

import java.nio.file.Path;
import javax.net.ssl.TrustManagerFactory;

/** Whom we believe: the authorities whose certificates count. */
public sealed interface TlsTrust {
    /** A PEM file of certificates. */
    record Pem(Path certificates) implements TlsTrust {}

    /**
     * The certificates of a PKCS#12 or JKS file.
     *
     * @param password opens the file
     */
    record Store(Path file, String password) implements TlsTrust {
        @Override
        public String toString() {
            return "Store[file=" + file + ", password=<redacted>]";
        }
    }

    /** The public authorities that this Java knows; libpq's {@code sslrootcert=system}. */
    record Platform() implements TlsTrust {}

    /** Trust that the host looks after; initialized. */
    record Managed(TrustManagerFactory trust) implements TlsTrust {}
}
