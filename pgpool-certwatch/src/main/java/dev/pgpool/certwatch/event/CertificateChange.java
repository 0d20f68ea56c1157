package dev.pgpool.certwatch.event;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import java.time.Instant;

/**
 * A target shows another leaf than at the last probe.
 *
 * @param target where
 * @param before the former leaf
 * @param after the new leaf
 * @param at when it was seen
 */
public record CertificateChange(CertTarget target, CertificateFacts before, CertificateFacts after, Instant at) {

    public CertificateChange {
        requireNonNull(target, "target");
        requireNonNull(before, "before");
        requireNonNull(after, "after");
        requireNonNull(at, "at");
    }

    /** The new leaf ends later than the former one. */
    public boolean renewal() {
        return after.notAfter().isAfter(before.notAfter());
    }
}
