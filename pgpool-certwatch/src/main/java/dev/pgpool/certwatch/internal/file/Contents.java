package dev.pgpool.certwatch.internal.file;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file holds.
 *
 * @param form for messages: PEM, DER, PKCS12, JKS or JCEKS
 * @param chains of a PEM or DER file the one list in file order, of a key store the chain of each key
 * @param single certificates that stand for themselves: the trusted entries of a key store
 */
public record Contents(String form, List<Chain> chains, List<X509Certificate> single) {

    /**
     * Certificates in order.
     *
     * @param label alias in the key store, empty for a plain file
     * @param key private key of the first; absent if the file holds none or it cannot be opened
     */
    public record Chain(
            String label,
            List<X509Certificate> certificates,
            @Nullable PrivateKey key) {
        public Chain {
            certificates = List.copyOf(certificates);
        }
    }

    public Contents {
        chains = List.copyOf(chains);
        single = List.copyOf(single);
    }
}
