package dev.pgpool.certwatch.internal.x509;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

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
