package dev.pgpool.core.config;

import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;

/** Who we are: a private key and its certificate, with the certificates of the authorities between it and the root. */
public sealed interface TlsIdentity {
    /**
     * PEM files.
     *
     * @param certificate our certificate, then those above it
     * @param key PKCS#8, or OpenSSL's traditional form of RSA and EC keys, in clear or encrypted
     * @param password opens the key; empty if it is not encrypted
     */
    record Pem(Path certificate, Path key, Optional<String> password) implements TlsIdentity {
        @Override
        public String toString() {
            return "Pem[certificate=" + certificate + ", key=" + key + ", password="
                    + (password.isPresent() ? "<redacted>" : "<none>") + "]";
        }
    }

    /**
     * A PKCS#12 or JKS file with one key in it.
     *
     * @param password opens the file and the key
     */
    record Store(Path file, String password) implements TlsIdentity {
        @Override
        public String toString() {
            return "Store[file=" + file + ", password=<redacted>]";
        }
    }

    /** Keys that the host looks after; initialized. */
    record Managed(KeyManagerFactory keys) implements TlsIdentity {}
}
