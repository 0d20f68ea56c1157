package dev.pgpool.core.internal.tls;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.security.spec.PSSParameterSpec;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The channel binding {@code tls-server-end-point}: a hash of the server's certificate, by the hash that the certificate
 * was signed with, but not by MD5 or SHA-1.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5929#section-4">RFC 5929, section 4</a>
 */
public final class TlsServerEndPoint {
    private static final String RSASSA_PSS = "1.2.840.113549.1.1.10";

    private TlsServerEndPoint() {}

    /** The binding; null where the RFC defines none, as for Ed25519, which libpq can't bind to either. */
    public static byte @Nullable [] of(@Nullable X509Certificate certificate) {
        if (certificate == null) {
            return null;
        }
        try {
            String hash = hash(certificate);
            return hash == null ? null : MessageDigest.getInstance(hash).digest(certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    private static @Nullable String hash(X509Certificate certificate) throws GeneralSecurityException {
        if (certificate.getSigAlgOID().equals(RSASSA_PSS)) {
            return pssHash(certificate.getSigAlgParams());
        }
        String algorithm = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
        int with = algorithm.indexOf("WITH");
        return with < 0 ? null : atLeastSha256(algorithm.substring(0, with));
    }

    private static @Nullable String pssHash(byte @Nullable [] encoded) throws GeneralSecurityException {
        if (encoded == null) {
            // the default of RFC 4055 is SHA-1
            return "SHA-256";
        }
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("RSASSA-PSS");
            parameters.init(encoded);
            return atLeastSha256(
                    parameters.getParameterSpec(PSSParameterSpec.class).getDigestAlgorithm());
        } catch (java.io.IOException e) {
            return null;
        }
    }

    /** The JDK's names of hashes, as they stand in the names of signatures: {@code SHA256}, {@code SHA3-256}, ... */
    private static String atLeastSha256(String hash) {
        String plain = hash.replace("-", "");
        return switch (plain) {
            case "MD5", "SHA1" -> "SHA-256";
            case "SHA224", "SHA256", "SHA384", "SHA512" -> "SHA-" + plain.substring(3);
            default -> hash;
        };
    }
}
