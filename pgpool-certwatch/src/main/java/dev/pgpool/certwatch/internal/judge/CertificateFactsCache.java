package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.internal.probe.Fingerprints;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.report.EncodedCertificate;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.DSAKey;
import java.security.interfaces.ECKey;
import java.security.interfaces.EdECKey;
import java.security.interfaces.RSAKey;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Facts of certificates, kept once: thousands of targets share a few authorities, and often a leaf. Thread-safe.
 */
final class CertificateFactsCache {

    private static final int MAX_KEPT = 4096;

    private final Map<String, CertificateFacts> kept = new LruMap<>(MAX_KEPT);

    private final boolean keepEncoded;

    CertificateFactsCache(boolean keepEncoded) {
        this.keepEncoded = keepEncoded;
    }

    List<CertificateFacts> of(ServedChain chain) {
        List<CertificateFacts> facts = new ArrayList<>(chain.certificates().size());
        for (int i = 0; i < chain.certificates().size(); i++) {
            facts.add(of(chain.certificates().get(i), chain.sha256().get(i)));
        }
        return facts;
    }

    List<CertificateFacts> of(List<X509Certificate> certificates) {
        List<CertificateFacts> facts = new ArrayList<>(certificates.size());
        for (X509Certificate certificate : certificates) {
            facts.add(of(certificate));
        }
        return facts;
    }

    CertificateFacts of(X509Certificate certificate) {
        return of(certificate, Fingerprints.sha256(certificate));
    }

    private CertificateFacts of(X509Certificate certificate, String sha256) {
        synchronized (kept) {
            return kept.computeIfAbsent(sha256, key -> read(certificate, key));
        }
    }

    private CertificateFacts read(X509Certificate certificate, String sha256) {
        PublicKey key = certificate.getPublicKey();
        return new CertificateFacts(
                certificate.getSubjectX500Principal().getName(),
                certificate.getIssuerX500Principal().getName(),
                serial(certificate.getSerialNumber()),
                sha256,
                certificate.getNotBefore().toInstant(),
                certificate.getNotAfter().toInstant(),
                names(certificate),
                key.getAlgorithm(),
                bits(key),
                certificate.getSigAlgName(),
                keepEncoded ? encoded(certificate) : null);
    }

    private static @Nullable EncodedCertificate encoded(X509Certificate certificate) {
        try {
            return EncodedCertificate.of(certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            return null;
        }
    }

    /** As Blackbox Exporter prints it: the bytes of the magnitude in hexadecimal. */
    private static String serial(BigInteger serial) {
        byte[] bytes = serial.abs().toByteArray();
        int skip = bytes.length > 1 && bytes[0] == 0 ? 1 : 0;
        return HexFormat.of().formatHex(bytes, skip, bytes.length);
    }

    private static List<String> names(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        for (List<?> name : alternativeNames(certificate)) {
            if (name.get(0) instanceof Integer type
                    && (type == ServerNames.DNS || type == ServerNames.IP)
                    && name.get(1) instanceof String text) {
                names.add(text);
            }
        }
        return names;
    }

    /** The subject alternative names; empty if there are none or they are garbled. */
    static Collection<List<?>> alternativeNames(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    static int bits(PublicKey key) {
        if (key instanceof RSAKey rsa) {
            return rsa.getModulus().bitLength();
        }
        if (key instanceof ECKey ec) {
            return ec.getParams().getOrder().bitLength();
        }
        if (key instanceof DSAKey dsa && dsa.getParams() != null) {
            return dsa.getParams().getP().bitLength();
        }
        if (key instanceof EdECKey ed) {
            return ed.getParams().getName().equals(NamedParameterSpec.ED448.getName()) ? 456 : 256;
        }
        return Certificates.bits(key);
    }
}
