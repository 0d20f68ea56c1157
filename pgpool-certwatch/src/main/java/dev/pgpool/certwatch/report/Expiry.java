package dev.pgpool.certwatch.report;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The expiry figures of a target. Each answers another question; a value that is not known is absent, never zero.
 *
 * @param effective when clients break: the earlier of {@code leaf} and {@code verified}, or {@code served} if no path is
 *     known. The value to alert on
 * @param leaf when the operator must have renewed
 * @param served earliest expiry in what the server sends, needed or not (Blackbox Exporter's {@code
 *     probe_ssl_earliest_cert_expiry})
 * @param verified when the last path to the trust store breaks, the anchor's own dates included (Blackbox Exporter's
 *     {@code probe_ssl_last_chain_expiry_timestamp_seconds})
 * @param verifiedIgnoringAnchor the same for clients that ignore the dates of trust anchors, as Java does
 * @param anchor expiry of the anchor of the best path
 * @param notBefore start of validity of the leaf
 * @param responsible the certificate that decides {@code effective}
 * @param staple the OCSP response that came with the chain; absent if none did
 */
public record Expiry(
        @Nullable Instant effective,
        @Nullable Instant leaf,
        @Nullable Instant served,
        @Nullable Instant verified,
        @Nullable Instant verifiedIgnoringAnchor,
        @Nullable Instant anchor,
        @Nullable Instant notBefore,
        @Nullable CertificateFacts responsible,
        @Nullable OcspStaple staple) {

    /** Nothing known. */
    public static final Expiry UNKNOWN = new Expiry(null, null, null, null, null, null, null, null, null);
}
