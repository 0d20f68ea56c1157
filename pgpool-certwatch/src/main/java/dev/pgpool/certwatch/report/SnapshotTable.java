package dev.pgpool.certwatch.report;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.text.PeerText;
import dev.pgpool.certwatch.internal.text.TimeLeft;
import dev.pgpool.certwatch.target.TargetSet;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** The table that a person looks at. */
final class SnapshotTable {

    private static final List<String> HEAD = List.of("LEVEL", "TARGET", "EXPIRES", "LEFT", "CERTIFICATE", "WHY");
    private static final int MAX_CELL = 100;

    private SnapshotTable() {}

    /** One line for each target, worst first, then those not probed yet. */
    static String print(CertSnapshot snapshot) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEAD);
        snapshot.reports().forEach(report -> rows.add(row(report, snapshot.at())));
        snapshot.pending().forEach(name -> rows.add(List.of("-", cell(name), "-", "-", "-", "not looked at yet")));
        int[] widths = new int[HEAD.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder table = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            table.append(line.toString().stripTrailing()).append('\n');
        }
        return table.toString();
    }

    private static List<String> row(CertReport report, Instant at) {
        Instant effective = report.expiry().effective();
        CertificateFacts responsible = report.expiry().responsible();
        return List.of(
                report.level().name(),
                cell(report.target().name()),
                effective == null
                        ? (report.target() instanceof TargetSet ? "-" : "unknown")
                        : effective.truncatedTo(ChronoUnit.SECONDS).toString(),
                effective == null ? "-" : TimeLeft.text(Duration.between(report.judgedAt(at), effective)),
                responsible == null ? "-" : cell(responsible.displayName()),
                cell(why(report, at)));
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

    /** Names and messages hold what peers sent; a table has one line for each target. */
    private static String cell(String text) {
        return PeerText.shortened(PeerText.escape(text), MAX_CELL);
    }
}
