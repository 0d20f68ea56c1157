package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.config.CertWatchConfig.Judging;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.report.CertificateFacts;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Findings from comparisons: of the addresses of a target with each other, of what is served with the expected file, and of the
 * present leaf with the one before it. All methods are functions of their arguments.
 */
final class FleetFindings {

    private FleetFindings() {}

    /** Adds those of a target. */
    static void add(TargetState known, Judging judging, Instant now, Set<Finding> findings) {
        if (servesDifferent(known)) {
            findings.add(Finding.of(FindingCode.INCONSISTENT_CERT, inconsistent(known.inspections())));
        }
        Instant since = known.differsSince();
        CertificateFacts expected = known.expected();
        if (since != null
                && expected != null
                && !KeyKinds.like(known.target(), known.inspections(), expected).isEmpty()
                && !now.isBefore(since.plus(judging.staleGrace()))) {
            CertificateFacts served =
                    notExpected(KeyKinds.like(known.target(), known.inspections(), expected), expected);
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
    private static boolean servesDifferent(TargetState known) {
        boolean byKind = KeyKinds.several(known.target());
        Map<String, String> leaves = new HashMap<>();
        for (Inspection inspection : known.inspections()) {
            if (inspection.kind() == Kind.SERVED || inspection.kind() == Kind.PLAINTEXT) {
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
}
