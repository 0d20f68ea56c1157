package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.internal.probe.Fingerprints;
import dev.pgpool.certwatch.internal.x509.OddCertificate;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** The anchors of one trust source at one time. Immutable; two loads of the same anchors are the same object. */
public final class TrustAnchors {

    private final Map<X500Principal, List<X509Certificate>> bySubject = new HashMap<>();
    private final Set<String> fingerprints = new HashSet<>();
    private final boolean publicAuthorities;
    private final @Nullable X509TrustManager platform;

    /**
     * Anchors.
     *
     * @param publicAuthorities they come from the store of Java or the operating system, whose authorities keep the rules
     *     of the CA/Browser Forum
     */
    public TrustAnchors(List<X509Certificate> anchors, boolean publicAuthorities) {
        for (X509Certificate anchor : anchors) {
            if (fingerprints.add(Fingerprints.sha256(anchor))) {
                bySubject
                        .computeIfAbsent(anchor.getSubjectX500Principal(), subject -> new ArrayList<>(1))
                        .add(anchor);
            }
        }
        this.publicAuthorities = publicAuthorities;
        this.platform = platformManager(anchors);
    }

    List<X509Certificate> withSubject(X500Principal subject) {
        return bySubject.getOrDefault(subject, List.of());
    }

    boolean contains(X509Certificate certificate) {
        return withSubject(certificate.getSubjectX500Principal()).contains(certificate);
    }

    boolean publicAuthorities() {
        return publicAuthorities;
    }

    /** Whether the given load found nothing new. */
    public boolean sameAs(TrustAnchors other) {
        return fingerprints.equals(other.fingerprints);
    }

    /**
     * What Java's own trust manager has against a chain; absent if nothing, or nothing but dates, which are judged apart
     * and by another clock.
     */
    @Nullable
    String platformObjection(List<X509Certificate> chain) {
        if (platform == null || chain.stream().anyMatch(OddCertificate.class::isInstance)) {
            // That Java refuses an odd certificate is a finding of its own.
            return null;
        }
        try {
            platform.checkServerTrusted(chain.toArray(new X509Certificate[0]), "UNKNOWN");
            return null;
        } catch (CertificateException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof CertPathValidatorException path
                        && (path.getReason() == CertPathValidatorException.BasicReason.EXPIRED
                                || path.getReason() == CertPathValidatorException.BasicReason.NOT_YET_VALID)) {
                    return null;
                }
                if (cause instanceof CertificateExpiredException || cause instanceof CertificateNotYetValidException) {
                    return null;
                }
            }
            return String.valueOf(e.getMessage());
        }
    }

    private static @Nullable X509TrustManager platformManager(List<X509Certificate> anchors) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < anchors.size(); i++) {
                if (!(anchors.get(i) instanceof OddCertificate)) {
                    store.setCertificateEntry("anchor-" + i, anchors.get(i));
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager x509) {
                    return x509;
                }
            }
            return null;
        } catch (GeneralSecurityException | IOException e) {
            // Without a platform manager there is no second opinion; our own judgement stands.
            return null;
        }
    }
}
