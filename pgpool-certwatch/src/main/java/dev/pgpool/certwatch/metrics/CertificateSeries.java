package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.CertChain;
import dev.pgpool.certwatch.CertificateFacts;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tags of the meters that each certificate has, {@link CertWatchMeters#CERTIFICATE_NOT_AFTER} and {@link
 * CertWatchMeters#CERTIFICATE_NOT_BEFORE}. The fingerprint is among them, or two certificates of one serial number, as enemies and
 * bad authorities make them, would be one series twice, and Prometheus refuse the page.
 */
public final class CertificateSeries {

    /** Longer names are cut: a page is read by people, too. */
    private static final int MAX_LENGTH = 512;

    private CertificateSeries() {}

    /** Names and values, in order. */
    public static Map<String, String> labels(CertChain chain, CertChain.Entry entry) {
        CertificateFacts certificate = entry.certificate();
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("fingerprint_sha256", certificate.sha256());
        labels.put("issuer", cut(certificate.issuer()));
        labels.put("path", cut(chain.where()));
        labels.put("role", entry.role().label());
        labels.put("serial", cut(certificate.serial()));
        labels.put("subject", cut(certificate.subject()));
        return labels;
    }

    private static String cut(String text) {
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH);
    }
}
