package dev.pgpool.certwatch.report;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The dates of the revocation list that covers a certificate. Known only where lists are fetched ({@link dev.pgpool.certwatch.trust.RevocationPolicy}).
 *
 * @param url where it was fetched
 * @param thisUpdate when it was made
 * @param nextUpdate when the next one is due at the latest; absent if the list does not say
 */
public record CrlDates(
        String url, Instant thisUpdate, @Nullable Instant nextUpdate) {
    public CrlDates {
        requireNonNull(url, "url");
        requireNonNull(thisUpdate, "thisUpdate");
    }
}
