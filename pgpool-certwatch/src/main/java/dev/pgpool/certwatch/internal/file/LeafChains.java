package dev.pgpool.certwatch.internal.file;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which certificates of a file belong together, whatever their order: each certificate that issues none of the others and is no
 * authority is a leaf with the authorities above it; what belongs to no leaf stands for itself.
 *
 * @param chains leaf first, then the authorities above it in file order
 * @param rest certificates that stand for themselves
 */
record LeafChains(List<List<X509Certificate>> chains, List<X509Certificate> rest) {

    static LeafChains of(List<X509Certificate> certificates) {
        Set<X509Certificate> distinct = new LinkedHashSet<>(certificates);
        List<X509Certificate> rest = new ArrayList<>(certificates);
        List<List<X509Certificate>> chains = new ArrayList<>();
        for (X509Certificate certificate : distinct) {
            if (isLeaf(certificate, distinct)) {
                List<X509Certificate> chain = chain(certificate, distinct);
                rest.removeAll(chain);
                chains.add(chain);
            }
        }
        return new LeafChains(List.copyOf(chains), List.copyOf(rest));
    }

    /** As a server reads the file: the first certificate is the leaf, all others are sent along. */
    static LeafChains firstOnly(List<X509Certificate> certificates) {
        return new LeafChains(List.of(List.copyOf(new LinkedHashSet<>(certificates))), List.of());
    }

    /** Old roots are of version 1 and do not say that they are authorities, but others name them. */
    private static boolean isLeaf(X509Certificate certificate, Set<X509Certificate> all) {
        return certificate.getBasicConstraints() < 0
                && all.stream()
                        .noneMatch(other -> !other.equals(certificate)
                                && !other.getSubjectX500Principal().equals(certificate.getSubjectX500Principal())
                                && other.getIssuerX500Principal().equals(certificate.getSubjectX500Principal()));
    }

    private static List<X509Certificate> chain(X509Certificate leaf, Set<X509Certificate> all) {
        Set<X509Certificate> chain = new LinkedHashSet<>();
        chain.add(leaf);
        boolean grown = true;
        while (grown) {
            grown = false;
            for (X509Certificate candidate : all) {
                boolean issues = chain.stream()
                        .anyMatch(below -> !below.equals(candidate)
                                && below.getIssuerX500Principal().equals(candidate.getSubjectX500Principal()));
                boolean another = candidate.getBasicConstraints() < 0 && isLeaf(candidate, all);
                grown |= issues && !another && chain.add(candidate);
            }
        }
        List<X509Certificate> ordered = new ArrayList<>();
        ordered.add(leaf);
        all.stream()
                .filter(chain::contains)
                .filter(other -> !other.equals(leaf))
                .forEach(ordered::add);
        return List.copyOf(ordered);
    }
}
