package dev.pgpool.certwatch.report;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.finding.Level;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is known about all targets at one instant, worst first: by level, then by effective expiry.
 *
 * @param at the instant; remaining times are counted from it
 * @param reports one for each target that has been probed
 * @param pending names of targets that have not been probed yet
 */
public record CertSnapshot(Instant at, List<CertReport> reports, List<String> pending) {

    public CertSnapshot {
        requireNonNull(at, "at");
        reports = List.copyOf(reports);
        pending = List.copyOf(pending);
    }

    /** The report of a target. */
    public Optional<CertReport> report(String name) {
        return reports.stream()
                .filter(report -> report.target().name().equals(name))
                .findFirst();
    }

    /** The worst level of all; {@link Level#OK} if nothing is known. */
    public Level worst() {
        return reports.isEmpty() ? Level.OK : reports.get(0).level();
    }

    /** A table to look at, one line for each target, worst first. */
    public String table() {
        return SnapshotTable.print(this);
    }

    /** One JSON object; {@code docs/reports.md} gives its fields. */
    public String toJson() {
        return ReportJson.write(this);
    }
}
