package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.ProbeResult;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A probe with its chains inspected.
 *
 * @param probe what was seen
 * @param inspections one for each chain
 * @param findings of the probe, of trust stores and of revocation
 * @param expected facts of the expected leaf; absent if there is none
 * @param members what a set stands for now; absent if the target is no set, or that could not be found out
 */
record CheckResult(
        ProbeResult probe,
        List<Inspection> inspections,
        List<Finding> findings,
        @Nullable CertificateFacts expected,
        @Nullable List<CertTarget> members) {

    CheckResult(
            ProbeResult probe,
            List<Inspection> inspections,
            List<Finding> findings,
            @Nullable CertificateFacts expected) {
        this(probe, inspections, findings, expected, null);
    }

    /** Whether the probe brought what it was for. */
    boolean reached() {
        return !inspections.isEmpty() || members != null;
    }
}
