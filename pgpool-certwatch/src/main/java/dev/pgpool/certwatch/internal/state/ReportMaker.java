package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.config.CertWatchConfig.Judging;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.judge.ClientCertificate;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.judge.Judge;
import dev.pgpool.certwatch.internal.judge.Verdict;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.Expiry;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Thresholds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Makes a report of the state of a target at an instant. All methods are functions of their arguments. */
public final class ReportMaker {

    private static final Comparator<Finding> WORST_FIRST = Comparator.comparing(
                    (Finding finding) -> finding.code() != FindingCode.EXPIRED)
            .thenComparing(Finding::severity, Comparator.reverseOrder())
            .thenComparing(Finding::code);

    private ReportMaker() {}

    /**
     * Makes a report.
     *
     * @param fleetClockSuspect most targets turned not-yet-valid together
     */
    public static CertReport report(TargetState known, Judging judging, Instant now, boolean fleetClockSuspect) {
        Thresholds own = known.target().thresholds();
        Thresholds thresholds = own == null ? judging.thresholds() : own;
        Duration offset = known.clockOffset();
        boolean clockWrong = offset != null && offset.abs().compareTo(CertReport.CLOCK_TOLERANCE) > 0;
        Instant judgedAt = CertReport.judgedAt(now, offset);

        Set<Finding> findings = new LinkedHashSet<>(known.findings());
        Verdict worst = null;
        for (Inspection inspection : known.inspections()) {
            Verdict verdict = Judge.verdict(inspection, thresholds, judgedAt);
            findings.addAll(verdict.findings());
            if (worst == null || worse(verdict, worst)) {
                worst = verdict;
            }
        }
        if (known.target() instanceof Endpoint endpoint && endpoint.client() != null) {
            findings.addAll(ClientCertificate.findings(endpoint.client(), thresholds, judgedAt));
        }
        if (clockWrong && offset != null) {
            findings.add(Finding.of(
                    FindingCode.CLOCK_SUSPECT,
                    "this machine's clock is " + offset.abs().toSeconds() + " s "
                            + (offset.isNegative() ? "ahead of" : "behind") + " what the peer says"));
        }
        if (fleetClockSuspect) {
            findings.add(Finding.of(
                    FindingCode.CLOCK_SUSPECT,
                    "most targets have become not-yet-valid together: this machine's clock may be behind"));
        }
        FleetFindings.add(known, judging, now, findings);

        List<Finding> sorted = new ArrayList<>(findings);
        sorted.sort(WORST_FIRST);
        List<Finding> muted = MutedFindings.takeOut(sorted, known.target(), judging, now);
        return new CertReport(
                known.target(),
                known.checkedAt(),
                known.reached() && sorted.stream().noneMatch(FindingLevels::fails),
                FindingLevels.level(sorted, finding -> true),
                sorted,
                muted,
                worst == null ? Expiry.UNKNOWN : worst.expiry(),
                worst == null ? List.of() : worst.chain(),
                ReportedChains.of(known.inspections()),
                known.chainSeenAt(),
                known.addresses(),
                offset,
                known.renewals(),
                known.duration());
    }

    private static boolean worse(Verdict verdict, Verdict than) {
        int levels = FindingLevels.level(verdict.findings(), finding -> true)
                .compareTo(FindingLevels.level(than.findings(), finding -> true));
        if (levels != 0) {
            return levels > 0;
        }
        Instant effective = verdict.expiry().effective();
        Instant other = than.expiry().effective();
        return effective != null && (other == null || effective.isBefore(other));
    }
}
