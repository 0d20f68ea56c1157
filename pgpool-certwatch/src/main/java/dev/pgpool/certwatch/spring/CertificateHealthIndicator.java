package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * How the worst certificate is: down from a level on, unknown while nothing has been probed. Asks the snapshot only, nothing is
 * probed for it. Tells of each target that is not well.
 */
final class CertificateHealthIndicator extends AbstractHealthIndicator {
    private final CertWatch watch;
    private final Level downFrom;

    CertificateHealthIndicator(CertWatch watch, Level downFrom) {
        super("the state of certificates is not known");
        this.watch = watch;
        this.downFrom = downFrom;
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        CertSnapshot snapshot = watch.snapshot();
        if (snapshot.reports().isEmpty()) {
            health.unknown();
        } else if (snapshot.worst().compareTo(downFrom) >= 0) {
            health.down();
        } else {
            health.up();
        }
        health.withDetail("worst", snapshot.worst())
                .withDetail("targets", snapshot.reports().size())
                .withDetail("pending", snapshot.pending().size());
        Map<String, String> bad = new LinkedHashMap<>();
        for (CertReport report : snapshot.reports()) {
            if (report.level() != Level.OK) {
                bad.put(report.target().name(), text(report));
            }
        }
        if (!bad.isEmpty()) {
            health.withDetail("notOk", bad);
        }
    }

    private static String text(CertReport report) {
        Instant expiry = report.expiry().effective();
        return report.level()
                + (expiry == null ? "" : ", expires " + expiry)
                + (report.findings().isEmpty()
                        ? ""
                        : ", " + report.findings().get(0).code());
    }
}
