package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.report.AddressResult;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one probe of a target brought.
 *
 * @param chains what was served, one for each place that served something; empty if nothing was
 * @param findings what went wrong or was seen on the way
 * @param addresses one result for each address; empty for files
 * @param expected leaf of the expected file; absent if there is none or it could not be read
 * @param clockOffset peer's time minus ours; absent if the peer did not tell
 * @param duration how long it took
 */
public record ProbeResult(
        List<ServedChain> chains,
        List<Finding> findings,
        List<AddressResult> addresses,
        @Nullable X509Certificate expected,
        @Nullable Duration clockOffset,
        Duration duration) {

    public ProbeResult {
        chains = List.copyOf(chains);
        findings = List.copyOf(findings);
        addresses = List.copyOf(addresses);
    }

    /** A probe that brought nothing but a reason. */
    public static ProbeResult failed(Finding finding, Duration duration) {
        return new ProbeResult(List.of(), List.of(finding), List.of(), null, null, duration);
    }

    /** A probe of something that is not on the network. */
    public static ProbeResult local(List<ServedChain> chains, List<Finding> findings, Duration duration) {
        return new ProbeResult(chains, findings, List.of(), null, null, duration);
    }

    /** The same probe with more findings. */
    ProbeResult with(List<Finding> more) {
        return withExpected(expected, more);
    }

    /** The same probe with what the expected file holds. */
    ProbeResult withExpected(@Nullable X509Certificate leaf, List<Finding> more) {
        if (leaf == null && more.isEmpty()) {
            return this;
        }
        List<Finding> all = new ArrayList<>(findings);
        all.addAll(more);
        return new ProbeResult(chains, all, addresses, leaf, clockOffset, duration);
    }
}
