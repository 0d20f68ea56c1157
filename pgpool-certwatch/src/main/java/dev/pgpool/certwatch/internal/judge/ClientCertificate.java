package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.text.TimeLeft;
import dev.pgpool.certwatch.target.ClientIdentity;
import dev.pgpool.certwatch.target.Thresholds;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Judges the dates of the certificate that a probe shows itself. A function of its arguments. */
public final class ClientCertificate {

    private ClientCertificate() {}

    /** What is to be said about the certificates of an identity at a moment. */
    public static List<Finding> findings(ClientIdentity client, Thresholds thresholds, Instant second) {
        List<Finding> findings = new ArrayList<>();
        for (X509Certificate certificate : client.certificates()) {
            Instant from = certificate.getNotBefore().toInstant();
            Instant until = certificate.getNotAfter().toInstant();
            String who = "client certificate \""
                    + certificate.getSubjectX500Principal().getName() + "\"";
            if (second.isAfter(until)) {
                findings.add(Finding.of(FindingCode.CLIENT_CERT_EXPIRED, who + " expired " + until));
                continue;
            }
            if (second.isBefore(from)) {
                findings.add(Finding.of(FindingCode.CLIENT_CERT_EXPIRED, who + " is not valid before " + from));
                continue;
            }
            Duration left = Duration.between(second, until);
            Duration lifetime = Duration.between(from, until);
            boolean critical = left.compareTo(thresholds.criticalFor(lifetime)) < 0;
            if (critical || left.compareTo(thresholds.warningFor(lifetime)) < 0) {
                findings.add(new Finding(
                        FindingCode.CLIENT_CERT_EXPIRING,
                        critical ? Severity.CRITICAL : Severity.WARNING,
                        who + " expires " + until + ", in " + TimeLeft.text(left)));
            }
        }
        return findings;
    }
}
