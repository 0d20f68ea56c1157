package dev.pgpool.certwatch.report;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.finding.Finding;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one address of a target gave.
 *
 * @param address IP address, or the proxy through which the target was reached; with the kind of certificate in brackets
 *     where several were asked for
 * @param leafSha256 fingerprint of the leaf served there, absent if none was seen
 * @param keyAlgorithm kind of that leaf's key, {@code RSA} or {@code EC} and the like, absent if none was seen
 * @param tlsVersion {@code TLS 1.2} or {@code TLS 1.3}, absent if the handshake did not get so far
 * @param cipher cipher suite, absent if the handshake did not get so far
 * @param failure why the address gave nothing, absent if it did
 * @param duration from the connection attempt to the end of the handshake or to the failure
 */
public record AddressResult(
        String address,
        @Nullable String leafSha256,
        @Nullable String keyAlgorithm,
        @Nullable String tlsVersion,
        @Nullable String cipher,
        @Nullable Finding failure,
        Duration duration) {

    public AddressResult {
        requireNonNull(address, "address");
        requireNonNull(duration, "duration");
    }
}
