package dev.pgpool.core.internal.tls;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A private key and its certificate, leaf first.
 *
 * @param key fits the leaf
 */
record KeyMaterial(PrivateKey key, List<X509Certificate> chain) {
    private static final byte[] SAMPLE = "does the key fit?".getBytes(StandardCharsets.US_ASCII);

    KeyMaterial {
        chain = List.copyOf(chain);
    }

    X509Certificate leaf() {
        return chain.get(0);
    }

    /** Whether what the key signs is verified with the leaf. */
    boolean fits() {
        if (!key.getAlgorithm().equals(leaf().getPublicKey().getAlgorithm())
                && !(key.getAlgorithm().startsWith("Ed")
                        && leaf().getPublicKey().getAlgorithm().startsWith("Ed"))) {
            return false;
        }
        try {
            Signature signature = Signature.getInstance(signatureAlgorithm());
            if (key.getAlgorithm().equals("RSASSA-PSS")) {
                signature.setParameter(new java.security.spec.PSSParameterSpec(
                        "SHA-256", "MGF1", java.security.spec.MGF1ParameterSpec.SHA256, 32, 1));
            }
            signature.initSign(key);
            signature.update(SAMPLE);
            byte[] signed = signature.sign();
            signature.initVerify(leaf().getPublicKey());
            signature.update(SAMPLE);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private String signatureAlgorithm() {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "RSASSA-PSS" -> "RSASSA-PSS";
            default -> "EdDSA";
        };
    }

    @Override
    public String toString() {
        return "KeyMaterial[" + leaf().getSubjectX500Principal() + "]";
    }
}
