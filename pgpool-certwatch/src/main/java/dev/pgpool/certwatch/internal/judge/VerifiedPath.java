package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.report.CertificateFacts;
import java.time.Instant;
import java.util.List;

/**
 * A way from the leaf to an anchor, each certificate signed by the next. Its dates are apart: it may be over or not yet
 * begun.
 *
 * @param certificates leaf first, anchor last; one certificate if the leaf is itself an anchor
 */
public record VerifiedPath(List<CertificateFacts> certificates) {

    public VerifiedPath {
        certificates = List.copyOf(certificates);
    }

    /** The anchor that it ends at. */
    public CertificateFacts anchor() {
        return certificates.get(certificates.size() - 1);
    }

    /** When the first of its certificates ends. */
    public Instant until() {
        return weakest(certificates).notAfter();
    }

    /** The same for clients that do not look at the dates of anchors. */
    Instant untilIgnoringAnchor() {
        return certificates.size() == 1
                ? until()
                : weakest(certificates.subList(0, certificates.size() - 1)).notAfter();
    }

    /** When the last of its certificates begins. */
    Instant from() {
        Instant from = certificates.get(0).notBefore();
        for (CertificateFacts certificate : certificates) {
            if (certificate.notBefore().isAfter(from)) {
                from = certificate.notBefore();
            }
        }
        return from;
    }

    boolean validAt(Instant second) {
        return !second.isBefore(from()) && !second.isAfter(until());
    }

    /** The certificate that ends first. */
    static CertificateFacts weakest(List<CertificateFacts> certificates) {
        CertificateFacts weakest = certificates.get(0);
        for (CertificateFacts certificate : certificates) {
            if (certificate.notAfter().isBefore(weakest.notAfter())) {
                weakest = certificate;
            }
        }
        return weakest;
    }
}
