package dev.pgpool.certwatch.internal.judge;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which of the served certificates belong together. */
final class ChainLinks {

    private ChainLinks() {}

    /**
     * The served certificates that lead up from the leaf, leaf first. Of several issuers (a cross-signed authority) the one
     * that ends last is taken, as it is the one that helps longest.
     */
    static List<X509Certificate> linked(List<X509Certificate> served, SignatureChecks checks) {
        List<X509Certificate> linked = new ArrayList<>();
        for (X509Certificate next = served.get(0); next != null; next = issuer(served, linked, next, checks)) {
            linked.add(next);
        }
        return linked;
    }

    private static @Nullable X509Certificate issuer(
            List<X509Certificate> served,
            List<X509Certificate> linked,
            X509Certificate certificate,
            SignatureChecks checks) {
        X509Certificate best = null;
        for (X509Certificate issuer : served) {
            if (issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
                    && !linked.contains(issuer)
                    && !sameKey(linked, issuer)
                    && (best == null || issuer.getNotAfter().after(best.getNotAfter()))
                    && checks.plausible(certificate, issuer)) {
                best = issuer;
            }
        }
        return best;
    }

    private static boolean sameKey(List<X509Certificate> linked, X509Certificate issuer) {
        return linked.stream()
                .anyMatch(earlier -> earlier.getSubjectX500Principal().equals(issuer.getSubjectX500Principal())
                        && earlier.getPublicKey().equals(issuer.getPublicKey()));
    }
}
