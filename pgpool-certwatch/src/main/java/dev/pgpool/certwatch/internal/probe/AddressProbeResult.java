package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.x509.OddCertificate;
import dev.pgpool.certwatch.report.AddressResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one address gave.
 *
 * @param result for the report
 * @param served the chain; absent if none was seen
 * @param notes findings that are no failures
 * @param clockOffset peer's time minus ours; absent if the peer did not tell
 * @param again the native handshake failed: to be tried again with Java's
 */
record AddressProbeResult(
        AddressResult result,
        @Nullable ServedChain served,
        List<Finding> notes,
        @Nullable Duration clockOffset,
        boolean again) {

    /** Alerts of a server that finds nothing it can use in what it was offered. */
    private static final List<String> NOTHING_IN_COMMON =
            List.of("handshake_failure", "insufficient_security", "unsupported_certificate", "internal_error");

    /** Whether the server spoke TLS, and no engine here could use it. */
    boolean mayBeReadInPlaintext() {
        Finding failure = result.failure();
        return served == null
                && failure != null
                && switch (failure.code()) {
                    case HANDSHAKE_ALERT -> NOTHING_IN_COMMON.stream().anyMatch(failure.message()::contains);
                    case HANDSHAKE_FAILED, PROTOCOL_TOO_OLD, CHAIN_TOO_LARGE -> true;
                    default -> false;
                };
    }

    /** The same with what was overheard, if anything was: then the server works, and it is this side that cannot speak to it. */
    AddressProbeResult withPlaintext(AddressProbeResult inPlaintext) {
        Finding failure = result.failure();
        ServedChain chain = inPlaintext.served();
        if (chain == null && failure != null && failure.code() == FindingCode.HANDSHAKE_FAILED) {
            return withFailure(Finding.of(
                    FindingCode.HANDSHAKE_FAILED,
                    failure.message()
                            + " (Java can show nothing of it in TLS 1.3; netty-tcnative-boringssl-static on the class"
                            + " path may)"));
        }
        if (chain == null || failure == null) {
            return this;
        }
        List<Finding> all = new ArrayList<>(notes);
        all.addAll(inPlaintext.notes());
        boolean odd = chain.certificates().stream().anyMatch(OddCertificate.class::isInstance);
        switch (failure.code()) {
            case PROTOCOL_TOO_OLD, CHAIN_TOO_LARGE -> {
                if (all.stream().noneMatch(note -> note.code() == failure.code())) {
                    all.add(failure);
                }
            }
            case HANDSHAKE_FAILED -> {
                // That Java refuses a certificate is told about the certificate.
                if (!odd) {
                    all.add(unsupported(failure));
                }
            }
            default -> all.add(unsupported(failure));
        }
        AddressResult shown = new AddressResult(
                result.address(),
                inPlaintext.result().leafSha256(),
                inPlaintext.result().keyAlgorithm(),
                inPlaintext.result().tlsVersion(),
                null,
                null,
                result.duration());
        return new AddressProbeResult(shown, chain, List.copyOf(all), clockOffset, false);
    }

    private AddressProbeResult withFailure(Finding other) {
        AddressResult same = new AddressResult(
                result.address(),
                result.leafSha256(),
                result.keyAlgorithm(),
                result.tlsVersion(),
                result.cipher(),
                other,
                result.duration());
        return new AddressProbeResult(same, served, notes, clockOffset, false);
    }

    private static Finding unsupported(Finding failure) {
        return Finding.of(
                FindingCode.TLS_UNSUPPORTED,
                "the server shows its certificate only to clients that offer what this Java refuses: "
                        + failure.message());
    }
}
