package dev.pgpool.certwatch.internal.judge;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;

/**
 * Signature checks on the certificates of one chain: each certificate once with each key, and no more than a bound, because a peer could serve
 * certificates that all name each other, with keys that are slow to check. Used by one thread.
 */
final class SignatureChecks {

    /** Twice what Go's crypto/x509 allows: the links among the served certificates are checked besides the paths. */
    static final int MAX = 200;

    private final Map<Pair, Boolean> known = new HashMap<>();
    private boolean exhausted;

    /** An authority may have several certificates for one key, and they all verify or none does. */
    private record Pair(X509Certificate certificate, PublicKey issuer) {}

    /** Whether one certificate's key made the signature on the other; {@code false} also if the bound is reached. */
    boolean verifies(X509Certificate certificate, X509Certificate issuer) {
        Pair pair = new Pair(certificate, issuer.getPublicKey());
        Boolean before = known.get(pair);
        if (before != null) {
            return before;
        }
        if (known.size() >= MAX) {
            exhausted = true;
            return false;
        }
        boolean verified = Signatures.verifies(certificate, issuer);
        known.put(pair, verified);
        return verified;
    }

    /** Whether one certificate may well be the issuer of the other: proved, or not to be checked by this Java. */
    boolean plausible(X509Certificate certificate, X509Certificate issuer) {
        return verifies(certificate, issuer) || Signatures.unusable(issuer.getPublicKey(), certificate.getSigAlgName());
    }

    /** Whether a check was refused because of the bound. */
    boolean exhausted() {
        return exhausted;
    }

    /** Checks made. */
    int count() {
        return known.size();
    }
}
