package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.target.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the result of an endpoint of those of its addresses. All methods are functions of their arguments. */
final class AddressResults {

    private AddressResults() {}

    static ProbeResult combine(Endpoint endpoint, List<AddressProbeResult> probes, Duration duration) {
        List<ServedChain> chains = new ArrayList<>();
        List<AddressResult> results = new ArrayList<>();
        Map<String, Finding> findings = new LinkedHashMap<>();
        Duration offset = null;
        boolean anyServed = probes.stream().anyMatch(probe -> probe.served() != null);
        for (AddressProbeResult probe : probes) {
            AddressResult result = probe.result();
            results.add(result);
            if (probe.served() != null) {
                chains.add(probe.served());
            }
            if (offset == null) {
                offset = probe.clockOffset();
            }
            probe.notes().forEach(note -> findings.putIfAbsent(note.code().name(), note));
            Finding failure = result.failure();
            if (failure != null) {
                Finding finding = forAll(endpoint, failure, result.address(), anyServed && probe.served() == null);
                findings.putIfAbsent(
                        finding.code() == FindingCode.ADDRESS_UNREACHABLE
                                        || finding.code() == FindingCode.CERTIFICATE_KIND_MISSING
                                ? finding.code() + result.address()
                                : finding.code().name(),
                        finding);
            }
        }
        return new ProbeResult(chains, List.copyOf(findings.values()), results, null, offset, duration);
    }

    /** What the failure of one address means for the target. */
    private static Finding forAll(Endpoint endpoint, Finding failure, String address, boolean othersServe) {
        if (endpoint.proxy() != null && isConnectFailure(failure.code())) {
            return Finding.of(FindingCode.PROXY_FAILED, failure.message());
        }
        if (!endpoint.connect().offer().keys().isEmpty() && isNoSuchKind(failure)) {
            Finding missing = Finding.of(
                    FindingCode.CERTIFICATE_KIND_MISSING,
                    address + ": no certificate of this kind could be had: " + failure.message());
            return othersServe ? missing : missing.withSeverity(Severity.CRITICAL);
        }
        if (!othersServe) {
            return failure;
        }
        Finding unreachable = Finding.of(
                FindingCode.ADDRESS_UNREACHABLE,
                failure.message().startsWith(address) ? failure.message() : address + ": " + failure.message());
        // A machine without IPv6 says nothing about the server.
        boolean noRoute = failure.code() == FindingCode.CONNECT_FAILED && address.indexOf(':') >= 0;
        return noRoute ? unreachable.withSeverity(Severity.INFO) : unreachable;
    }

    static boolean isNoSuchKind(Finding failure) {
        return failure.code() == FindingCode.HANDSHAKE_ALERT || failure.code() == FindingCode.PROTOCOL_TOO_OLD;
    }

    static boolean isConnectFailure(FindingCode code) {
        return code == FindingCode.CONNECT_FAILED
                || code == FindingCode.CONNECT_REFUSED
                || code == FindingCode.CONNECT_TIMEOUT;
    }
}
