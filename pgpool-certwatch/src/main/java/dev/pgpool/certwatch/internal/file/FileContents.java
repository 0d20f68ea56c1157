package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.Finding;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file holds.
 *
 * @param form for messages: PEM, DER, PKCS12, JKS or JCEKS
 * @param chains leaves with what is above them; of a key store the chain of each key
 * @param single certificates that stand for themselves: authorities, and the trusted entries of a key store
 * @param problems of single entries, which do not keep the others from counting; a key that belongs to none is among them
 */
public record FileContents(String form, List<Chain> chains, List<X509Certificate> single, List<Finding> problems) {

    /**
     * Certificates in order.
     *
     * @param label what tells it from others of the file, such as its alias; empty for the only one
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

    public FileContents {
        chains = List.copyOf(chains);
        single = List.copyOf(single);
        problems = List.copyOf(problems);
    }

    static FileContents of(String form, LeafChains leaves, List<X509Certificate> inOrder, List<Finding> problems) {
        boolean only = leaves.chains().size() == 1 && leaves.rest().isEmpty();
        List<Chain> chains = leaves.chains().stream()
                .map(chain -> new Chain(only ? "" : "certificate " + (inOrder.indexOf(chain.get(0)) + 1), chain, null))
                .toList();
        return new FileContents(form, chains, leaves.rest(), problems);
    }

    /** All certificates. */
    public List<X509Certificate> all() {
        List<X509Certificate> all = new java.util.ArrayList<>();
        chains.forEach(chain -> all.addAll(chain.certificates()));
        all.addAll(single);
        return all;
    }
}
