package dev.pgpool.certwatch.trust;

import java.time.Duration;

/**
 * How revocation is checked. Stapled OCSP responses are always evaluated, without any network access.
 *
 * @param fetchCrls fetch certificate revocation lists from the URLs in the certificate. Off by default, because the peer
 *     chooses those URLs
 * @param allowPrivateAddresses also fetch from loopback, link-local and private addresses
 * @param maxBytes largest list that is read
 * @param timeout limit for fetching one list
 */
public record RevocationPolicy(boolean fetchCrls, boolean allowPrivateAddresses, int maxBytes, Duration timeout) {

    /** Stapled responses only. */
    public static final RevocationPolicy STAPLED_ONLY =
            new RevocationPolicy(false, false, 10 << 20, Duration.ofSeconds(5));

    /** Stapled responses, and lists from public addresses. */
    public static final RevocationPolicy CRL = new RevocationPolicy(true, false, 10 << 20, Duration.ofSeconds(5));

    public RevocationPolicy {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("revocation.maxBytes: " + maxBytes + " (expected: > 0)");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("revocation.timeout: " + timeout + " (expected: > 0)");
        }
    }

    /** The same policy, that also fetches from addresses of private networks. */
    public RevocationPolicy allowingPrivateAddresses() {
        return new RevocationPolicy(fetchCrls, true, maxBytes, timeout);
    }
}
