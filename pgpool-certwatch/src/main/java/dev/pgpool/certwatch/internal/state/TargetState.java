package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is kept of a target between probes.
 *
 * @param target what was probed
 * @param checkedAt when the last probe ended
 * @param reached the last probe brought a chain
 * @param findings of the last probe, apart from those about the chain
 * @param inspections of the last chains seen; empty if none ever were
 * @param chainSeenAt when they were seen; absent if never
 * @param addresses of the last probe
 * @param expected leaf of the expected file; absent if there is none
 * @param differsSince since when the served leaf is not the expected one; absent if it is
 * @param downgrade the last change made expiry earlier; absent if not
 * @param clockOffset peer's time minus ours; absent if not told
 * @param renewals changes to a certificate that ends later
 * @param duration of the last probe
 */
public record TargetState(
        CertTarget target,
        Instant checkedAt,
        boolean reached,
        List<Finding> findings,
        List<Inspection> inspections,
        @Nullable Instant chainSeenAt,
        List<AddressResult> addresses,
        @Nullable CertificateFacts expected,
        @Nullable Instant differsSince,
        @Nullable Finding downgrade,
        @Nullable Duration clockOffset,
        long renewals,
        Duration duration) {

    /** The same of a target that differs in its policy only. */
    public TargetState of(CertTarget other) {
        return with(other, downgrade);
    }

    /** The same with an earlier end that is known by now. */
    public TargetState acknowledged(Finding told) {
        return with(target, told);
    }

    private TargetState with(CertTarget newTarget, @Nullable Finding newDowngrade) {
        return new TargetState(
                newTarget,
                checkedAt,
                reached,
                findings,
                inspections,
                chainSeenAt,
                addresses,
                expected,
                differsSince,
                newDowngrade,
                clockOffset,
                renewals,
                duration);
    }
}
