package dev.pgpool.certwatch.report;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a stapled OCSP response says of itself (RFC 6960); whether its signature holds is a finding.
 *
 * @param status {@code good}, {@code revoked} or {@code unknown}, or of a response that is an error its name, such as {@code
 *     tryLater}
 * @param thisUpdate since when the status is known to be right; absent in an error
 * @param nextUpdate until when it is; absent if newer information is always there, or in an error
 */
public record OcspStaple(
        String status,
        @Nullable Instant thisUpdate,
        @Nullable Instant nextUpdate) {
    public OcspStaple {
        requireNonNull(status, "status");
    }
}
