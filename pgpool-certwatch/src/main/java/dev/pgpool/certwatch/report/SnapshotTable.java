package dev.pgpool.certwatch.report;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.text.TextTable;
import dev.pgpool.certwatch.internal.text.TimeLeft;
import dev.pgpool.certwatch.target.TargetSet;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The table that a person looks at. */
final class SnapshotTable {

    private SnapshotTable() {}

    /** One line for each target, worst first, then those not probed yet. */
    static String print(CertSnapshot snapshot) {
        TextTable table = new TextTable().row("LEVEL", "TARGET", "EXPIRES", "LEFT", "CERTIFICATE", "WHY");
        snapshot.reports().forEach(report -> add(report, snapshot.at(), table));
        snapshot.pending().forEach(name -> table.row("-", name, "-", "-", "-", "not looked at yet"));
        return table.toString();
    }

    private static void add(CertReport report, Instant at, TextTable table) {
        Instant effective = report.expiry().effective();
        CertificateFacts responsible = report.expiry().responsible();
        table.row(
                report.level(),
                report.target().name(),
                effective == null
                        ? (report.target() instanceof TargetSet ? "-" : "unknown")
                        : effective.truncatedTo(ChronoUnit.SECONDS),
                effective == null ? "-" : TimeLeft.text(Duration.between(report.judgedAt(at), effective)),
                responsible == null ? "-" : responsible.displayName(),
                why(report, at));
    }

    private static String why(CertReport report, Instant at) {
        List<Finding> findings = report.findings();
        if (findings.isEmpty()) {
            return "";
        }
        Finding worst = findings.get(0);
        long more = findings.stream()
                .skip(1)
                .filter(finding -> finding.severity() != Severity.INFO)
                .count();
        Instant seen = report.chainSeenAt();
        boolean old = seen != null && seen.isBefore(report.checkedAt());
        return worst.code() + (more > 0 ? " and " + more + " more" : "")
                + (old && seen != null ? ", last seen " + TimeLeft.text(Duration.between(seen, at)) + " ago" : "")
                + ": " + worst.message();
    }
}
