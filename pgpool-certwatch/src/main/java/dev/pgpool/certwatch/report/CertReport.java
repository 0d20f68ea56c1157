package dev.pgpool.certwatch.report;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.target.CertTarget;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a target after a probe of it. A probe that fails gives a report too: with the reason among the
 * findings, and with the last known chain and its age, so an alarm about expiry does not go silent with the endpoint.
 *
 * @param target what was probed
 * @param checkedAt when this probe ended
 * @param success the target was reached, spoke TLS, and a client with the target's policy would have been content.
 *     Thresholds have no part in it: a warning is not an outage
 * @param level the worst of the findings
 * @param findings all findings that count, worst first
 * @param muted findings that are known and accepted: see {@link dev.pgpool.certwatch.finding.Mute}
 * @param expiry the expiry figures, from the last known chain
 * @param chain the last known chain as served, leaf first; empty if none was ever seen
 * @param chains all chains that were judged, one for each address or entry of a file; {@code chain} is the worst of them
 * @param chainSeenAt when {@code chain} was seen; absent if never. Earlier than {@code checkedAt} if this probe failed
 * @param addresses one result for each address; empty for files
 * @param clockOffset how far this machine's clock is behind what the peer says; absent if the peer said nothing
 * @param renewals changes to a certificate that ends later, since the target was added
 * @param duration how long the probe took
 */
public record CertReport(
        CertTarget target,
        Instant checkedAt,
        boolean success,
        Level level,
        List<Finding> findings,
        List<Finding> muted,
        Expiry expiry,
        List<CertificateFacts> chain,
        List<CertChain> chains,
        @Nullable Instant chainSeenAt,
        List<AddressResult> addresses,
        @Nullable Duration clockOffset,
        long renewals,
        Duration duration) {

    /** Smaller differences between two clocks are latency and rounding, and do no harm. */
    public static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

    public CertReport {
        requireNonNull(target, "target");
        requireNonNull(checkedAt, "checkedAt");
        requireNonNull(level, "level");
        findings = List.copyOf(findings);
        muted = List.copyOf(muted);
        requireNonNull(expiry, "expiry");
        chain = List.copyOf(chain);
        chains = List.copyOf(chains);
        addresses = List.copyOf(addresses);
        requireNonNull(duration, "duration");
    }

    /** Whether a finding of this code is among the findings. */
    public boolean has(FindingCode code) {
        for (Finding finding : findings) {
            if (finding.code() == code) {
                return true;
            }
        }
        return false;
    }

    /** The leaf of the last known chain; absent if none was ever seen. */
    public @Nullable CertificateFacts leaf() {
        return chain.isEmpty() ? null : chain.get(0);
    }

    /**
     * The moment that dates are compared with: {@code now} in whole seconds, as certificates have them, and by the peer's clock if
     * that is well ahead of this machine's. A peer's word makes alarms come earlier, never later.
     */
    public Instant judgedAt(Instant now) {
        return judgedAt(now, clockOffset);
    }

    /** The same for an offset not yet in a report. */
    public static Instant judgedAt(Instant now, @Nullable Duration clockOffset) {
        boolean ahead = clockOffset != null && clockOffset.compareTo(CLOCK_TOLERANCE) > 0;
        return (ahead && clockOffset != null ? now.plus(clockOffset) : now).truncatedTo(ChronoUnit.SECONDS);
    }

    /** Time until the effective expiry, negative once expired; absent if unknown. */
    public @Nullable Duration remaining(Instant now) {
        Instant effective = expiry.effective();
        return effective == null ? null : Duration.between(judgedAt(now), effective);
    }

    /** The report as one JSON object, as it stands in {@link CertSnapshot#toJson}; remaining time is counted from {@code at}. */
    public String toJson(Instant at) {
        return ReportJson.write(this, at);
    }
}
