package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.trust.RevocationPolicy;
import java.time.Duration;

/** How revocation is checked, as properties say it. */
final class RevocationSettings {
    private boolean fetchCrls = RevocationPolicy.STAPLED_ONLY.fetchCrls();
    private boolean allowPrivateAddresses = RevocationPolicy.STAPLED_ONLY.allowPrivateAddresses();
    private int maxBytes = RevocationPolicy.STAPLED_ONLY.maxBytes();
    private Duration timeout = RevocationPolicy.STAPLED_ONLY.timeout();

    /** Default false. Whether revocation lists are fetched from the URLs in certificates, which the peer chooses. */
    public RevocationSettings fetchCrls(boolean fetched) {
        fetchCrls = fetched;
        return this;
    }

    /** Default false. Whether they are fetched from loopback, link-local and private addresses, too. */
    public RevocationSettings allowPrivateAddresses(boolean allowed) {
        allowPrivateAddresses = allowed;
        return this;
    }

    /** Default 10 MB. The largest list that is read. */
    public RevocationSettings maxSize(int bytes) {
        maxBytes = bytes;
        return this;
    }

    /** Default 5 s. Limit for fetching one list. */
    public RevocationSettings timeout(Duration limit) {
        timeout = limit;
        return this;
    }

    RevocationPolicy policy() {
        return new RevocationPolicy(fetchCrls, allowPrivateAddresses, maxBytes, timeout);
    }
}
