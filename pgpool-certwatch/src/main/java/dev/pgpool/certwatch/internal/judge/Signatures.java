package dev.pgpool.certwatch.internal.judge;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Locale;

/** Signatures and keys of certificates. */
final class Signatures {

    private Signatures() {}

    /** Whether one certificate's key made the signature on the other. */
    static boolean verifies(X509Certificate certificate, X509Certificate issuer) {
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException | RuntimeException e) {
            // Providers throw unchecked exceptions on keys they cannot use; either way it is no proof.
            return false;
        }
    }

    /**
     * Whether this Java has no way to check signatures by a key, such as one on a curve that it does not know. What it says about
     * such a signature is neither proof nor disproof.
     */
    static boolean unusable(PublicKey key, String signatureAlgorithm) {
        try {
            Signature.getInstance(signatureAlgorithm).initVerify(key);
            return false;
        } catch (GeneralSecurityException | RuntimeException e) {
            return true;
        }
    }

    static boolean weakHash(String signatureAlgorithm) {
        String upper = signatureAlgorithm.toUpperCase(Locale.ROOT);
        return upper.startsWith("MD2") || upper.startsWith("MD5") || upper.startsWith("SHA1");
    }

    /** Shorter than what is taken as safe until 2030 (NIST SP 800-57). */
    static boolean weakKey(String algorithm, int bits) {
        return switch (algorithm) {
            case "RSA", "DSA" -> bits > 0 && bits < 2048;
            case "EC" -> bits > 0 && bits < 224;
            default -> false;
        };
    }
}
