package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.tls.HandshakeCapture;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.target.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a conversation that has ended means. */
record ProbeOutcome(Endpoint endpoint, String address, HandshakeCapture capture, boolean inPlaintext) {

    /** Of longer chains Java's own clients want to hear nothing. */
    private static final int MAX_CHAIN = 10;

    private static final Set<String> OLD = Set.of("SSL 3.0", "TLS 1.0", "TLS 1.1");

    AddressProbeResult probe(
            @Nullable Finding failure,
            @Nullable String tlsVersion,
            @Nullable String cipher,
            Duration duration,
            @Nullable Duration clockOffset,
            boolean again) {
        List<Finding> notes = new ArrayList<>();
        Finding reason = failure;
        if (capture.chain().size() > MAX_CHAIN) {
            notes.add(Finding.of(
                    FindingCode.CHAIN_TOO_LARGE,
                    "the chain has " + capture.chain().size() + " certificates (expected: at most " + MAX_CHAIN
                            + ", Java's default limit)"));
        }
        if (tlsVersion != null && OLD.contains(tlsVersion)) {
            notes.add(Finding.of(FindingCode.PROTOCOL_TOO_OLD, "the server speaks only " + tlsVersion + " and older"));
        }
        if (reason == null && capture.clientCertificateAsked() && endpoint.client() == null) {
            notes.add(Finding.of(FindingCode.CLIENT_CERT_REQUIRED, "the server asks for a client certificate"));
        }
        if (reason != null && reason.code() == FindingCode.CLIENT_CERT_REQUIRED) {
            notes.add(reason);
            reason = null;
        }
        ServedChain served = capture.chain().isEmpty()
                ? null
                : new ServedChain(
                        address,
                        capture.chain(),
                        capture.staple(),
                        inPlaintext ? ServedChain.Kind.PLAINTEXT : ServedChain.Kind.SERVED);
        if (served == null && reason == null) {
            reason = Finding.of(FindingCode.NO_CERTIFICATE, "the handshake showed no certificate");
        }
        String leaf = served == null ? null : served.sha256().get(0);
        String key = served == null
                ? null
                : Certificates.keyAlgorithm(served.certificates().get(0));
        return new AddressProbeResult(
                new AddressResult(address, leaf, key, tlsVersion, cipher, reason, duration),
                served,
                notes,
                clockOffset,
                again);
    }
}
