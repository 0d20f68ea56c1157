package dev.pgpool.certwatch.internal.x509;

import java.io.ByteArrayInputStream;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads certificates, by Java and where that refuses leniently: one odd certificate must not cost the dates of any. */
public final class Certificates {

    private static final String SIGNED_DATA = "1.2.840.113549.1.7.2";

    private Certificates() {}

    /**
     * Reads one certificate.
     *
     * @throws CertificateException if there are not even dates in it; the message is Java's
     */
    public static X509Certificate parse(byte[] encoded) throws CertificateException {
        try {
            X509Certificate read = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
            return readable(read);
        } catch (CertificateException | RuntimeException e) {
            return OddCertificate.of(encoded, reason(e));
        }
    }

    /** All certificates of DER: one, several behind each other, or a PKCS#7 bundle. */
    public static List<byte[]> split(byte[] encoded) {
        List<byte[]> found = new ArrayList<>();
        for (Der element : Der.all(encoded)) {
            if (element.content().oid().equals(SIGNED_DATA)) {
                for (Der part : element.child(1).content().children()) {
                    if (part.is(0xa0)) {
                        part.children().forEach(certificate -> found.add(certificate.encoded()));
                    }
                }
            } else {
                found.add(element.encoded());
            }
        }
        return found;
    }

    /**
     * A certificate whose parts can be asked for. Some are parsed only when asked, and throw then.
     *
     * @throws CertificateException if there are not even dates in it
     */
    public static X509Certificate readable(X509Certificate certificate) throws CertificateException {
        if (certificate instanceof OddCertificate) {
            return certificate;
        }
        try {
            if (certificate.getSubjectX500Principal() == null
                    || certificate.getPublicKey() == null
                    || certificate.getNotAfter() == null) {
                throw new IllegalArgumentException("a part is missing");
            }
            return certificate;
        } catch (RuntimeException e) {
            return odd(certificate, e);
        }
    }

    /** Kind of the key, such as {@code RSA} or {@code EC}, read from the bytes: no certificate is parsed for it. */
    public static @Nullable String keyAlgorithm(X509Certificate certificate) {
        try {
            List<Der> body = Der.of(certificate.getEncoded()).child(0).children();
            int first = !body.isEmpty() && body.get(0).is(0xa0) ? 1 : 0;
            return body.size() < first + 6
                    ? null
                    : Algorithms.key(body.get(first + 5).child(0).child(0).oid());
        } catch (CertificateEncodingException e) {
            return null;
        }
    }

    /** Size of a key in bits, also of one that Java cannot use; 0 if unknown. */
    public static int bits(PublicKey key) {
        if (key instanceof OddKey odd) {
            return odd.bits();
        }
        byte[] encoded = key.getEncoded();
        return encoded == null ? 0 : Algorithms.bits(Der.of(encoded));
    }

    private static X509Certificate odd(X509Certificate certificate, RuntimeException refused)
            throws CertificateException {
        try {
            return OddCertificate.of(certificate.getEncoded(), reason(refused));
        } catch (CertificateEncodingException e) {
            throw new CertificateException(reason(refused), e);
        }
    }

    /** The innermost message tells most. */
    private static String reason(Throwable refused) {
        String reason = refused.getClass().getSimpleName();
        Throwable cause = refused;
        for (int depth = 0; cause != null && depth < 10; depth++, cause = cause.getCause()) {
            if (cause.getMessage() != null) {
                reason = cause.getMessage();
            }
        }
        return reason;
    }
}
