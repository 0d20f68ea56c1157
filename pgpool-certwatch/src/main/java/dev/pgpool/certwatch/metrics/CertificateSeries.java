package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.report.CertChain;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertificateFacts;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which certificates have series of their own, such as {@link CertWatchMeters#CERTIFICATE_NOT_AFTER}, and with what labels. The
 * fingerprint is among them, or two certificates of one serial number, as attackers and faulty authorities make them, would be one series
 * twice, and Prometheus refuse the page. Immutable.
 */
final class CertificateSeries {

    /** Longer names are cut: a page is read by people, too. */
    private static final int MAX_LENGTH = 512;

    private static final CertificateSeries NONE = new CertificateSeries(Map.of(), 0);

    private final Map<String, Map<List<String>, CertChain.Entry>> chosen;
    private final int leftOut;

    private CertificateSeries(Map<String, Map<List<String>, CertChain.Entry>> chosen, int leftOut) {
        this.chosen = chosen;
        this.leftOut = leftOut;
    }

    /** At most so many certificates of the reports, those of the first ones first. */
    static CertificateSeries choose(Collection<CertReport> reports, int max) {
        if (max == 0) {
            return NONE;
        }
        Map<String, Map<List<String>, CertChain.Entry>> chosen = new HashMap<>();
        int left = max;
        int leftOut = 0;
        for (CertReport report : reports) {
            Map<List<String>, CertChain.Entry> own = new LinkedHashMap<>();
            for (Map.Entry<List<String>, CertChain.Entry> one : all(report).entrySet()) {
                if (left > 0) {
                    left--;
                    own.put(one.getKey(), one.getValue());
                } else {
                    leftOut++;
                }
            }
            chosen.put(report.target().name(), own);
        }
        return new CertificateSeries(chosen, leftOut);
    }

    /** All certificates of a report by their labels: names and values in turn. What occurs twice is there once. */
    static Map<List<String>, CertChain.Entry> all(CertReport report) {
        Map<List<String>, CertChain.Entry> all = new LinkedHashMap<>();
        for (CertChain chain : report.chains()) {
            for (CertChain.Entry entry : chain.entries()) {
                all.putIfAbsent(labels(chain, entry), entry);
            }
        }
        return all;
    }

    /** Those of a target by their labels: names and values in turn. */
    Map<List<String>, CertChain.Entry> of(CertReport report) {
        return chosen.getOrDefault(report.target().name(), Map.of());
    }

    /** Certificates that have no series, being too many. */
    int leftOut() {
        return leftOut;
    }

    private static List<String> labels(CertChain chain, CertChain.Entry entry) {
        CertificateFacts certificate = entry.certificate();
        return List.of(
                "fingerprint_sha256",
                certificate.sha256(),
                "issuer",
                cut(certificate.issuer()),
                "path",
                cut(chain.where()),
                "role",
                entry.role().label(),
                "serial",
                cut(certificate.serial()),
                "subject",
                cut(certificate.subject()));
    }

    private static String cut(String text) {
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH);
    }
}
