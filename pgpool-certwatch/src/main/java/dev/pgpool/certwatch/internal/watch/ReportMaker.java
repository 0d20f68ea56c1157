package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig.Judging;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.judge.Judge;
import dev.pgpool.certwatch.internal.judge.OwnCertificate;
import dev.pgpool.certwatch.internal.judge.Verdict;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.report.Expiry;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Thresholds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Makes a report of what is known and the present time. All methods are functions of their arguments. */
final class ReportMaker {

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
    static CertReport report(Knowledge known, Judging judging, Instant now, boolean fleetClockSuspect) {
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
            findings.addAll(OwnCertificate.findings(endpoint.client(), thresholds, judgedAt));
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
        fleet(known, judging, now, findings);

        List<Finding> sorted = new ArrayList<>(findings);
        sorted.sort(WORST_FIRST);
        List<Finding> muted = Muting.takeOut(sorted, known.target(), judging, now);
        return new CertReport(
                known.target(),
                known.checkedAt(),
                known.reached() && sorted.stream().noneMatch(ReportMaker::fails),
                level(sorted, finding -> true),
                sorted,
                muted,
                worst == null ? Expiry.UNKNOWN : worst.expiry(),
                worst == null ? List.of() : worst.chain(),
                Chains.of(known.inspections()),
                known.chainSeenAt(),
                known.addresses(),
                offset,
                known.renewals(),
                known.duration());
    }

    private static void fleet(Knowledge known, Judging judging, Instant now, Set<Finding> findings) {
        if (servesDifferent(known)) {
            findings.add(Finding.of(FindingCode.INCONSISTENT_CERT, inconsistent(known.inspections())));
        }
        Instant since = known.differsSince();
        CertificateFacts expected = known.expected();
        if (since != null
                && expected != null
                && !Kinds.like(known.target(), known.inspections(), expected).isEmpty()
                && !now.isBefore(since.plus(judging.staleGrace()))) {
            CertificateFacts served = notExpected(Kinds.like(known.target(), known.inspections(), expected), expected);
            boolean fileIsNewer = expected.notBefore().isAfter(served.notBefore());
            findings.add(
                    fileIsNewer
                            ? Finding.of(
                                    FindingCode.STALE_SERVED,
                                    "the file was renewed (until " + expected.notAfter()
                                            + ") and the server still serves serial " + served.serial() + " (until "
                                            + served.notAfter() + "): it must reload")
                            : Finding.of(
                                    FindingCode.UNEXPECTED_SERVED,
                                    "the server serves serial " + served.serial() + ", the file holds serial "
                                            + expected.serial()));
        }
        if (known.downgrade() != null) {
            findings.add(known.downgrade());
        }
    }

    private static CertificateFacts notExpected(List<Inspection> inspections, CertificateFacts expected) {
        for (Inspection inspection : inspections) {
            if (!inspection.leaf().sha256().equals(expected.sha256())) {
                return inspection.leaf();
            }
        }
        return inspections.get(0).leaf();
    }

    /** Leaves of several kinds are no contradiction where each kind was asked for. */
    private static boolean servesDifferent(Knowledge known) {
        boolean byKind = Kinds.several(known.target());
        Map<String, String> leaves = new HashMap<>();
        for (Inspection inspection : known.inspections()) {
            if (inspection.kind() == Kind.SERVED || inspection.kind() == Kind.OVERHEARD) {
                String sha256 = inspection.leaf().sha256();
                String former = leaves.put(byKind ? inspection.leaf().keyAlgorithm() : "", sha256);
                if (former != null && !former.equals(sha256)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String inconsistent(Collection<Inspection> inspections) {
        StringBuilder text = new StringBuilder("different certificates are served, by address or in turn:");
        for (Inspection inspection : inspections) {
            text.append(' ')
                    .append(inspection.where())
                    .append(" until ")
                    .append(inspection.leaf().notAfter())
                    .append(';');
        }
        text.setLength(text.length() - 1);
        return text.toString();
    }

    private static boolean worse(Verdict verdict, Verdict than) {
        int levels = level(verdict.findings(), finding -> true).compareTo(level(than.findings(), finding -> true));
        if (levels != 0) {
            return levels > 0;
        }
        Instant effective = verdict.expiry().effective();
        Instant other = than.expiry().effective();
        return effective != null && (other == null || effective.isBefore(other));
    }

    /** The level that the findings that count amount to. */
    static Level level(Collection<Finding> findings, Predicate<Finding> counts) {
        Level level = Level.OK;
        for (Finding finding : findings) {
            if (counts.test(finding)) {
                Level own = of(finding);
                level = own.compareTo(level) > 0 ? own : level;
            }
        }
        return level;
    }

    private static Level of(Finding finding) {
        if (finding.code() == FindingCode.EXPIRED && finding.severity() == Severity.CRITICAL) {
            return Level.EXPIRED;
        }
        return switch (finding.severity()) {
            case INFO -> Level.OK;
            case WARNING -> Level.WARNING;
            case CRITICAL -> Level.CRITICAL;
        };
    }

    /** Thresholds are not among the reasons: a warning is not an outage. */
    private static boolean fails(Finding finding) {
        return finding.severity() == Severity.CRITICAL
                && switch (finding.code()) {
                    case EXPIRING_CRITICAL,
                            INTERMEDIATE_EXPIRING,
                            ANCHOR_EXPIRING,
                            CLIENT_CERT_EXPIRING,
                            CLIENT_CERT_EXPIRED -> false;
                    default -> true;
                };
    }

    /** Whether a finding is about reaching the target, and so may be a passing fault. */
    static boolean mayPass(Finding finding) {
        return finding.code().group() == FindingCode.Group.REACHABILITY
                || finding.code().group() == FindingCode.Group.FILE
                || finding.code() == FindingCode.TRUST_UNAVAILABLE;
    }
}
