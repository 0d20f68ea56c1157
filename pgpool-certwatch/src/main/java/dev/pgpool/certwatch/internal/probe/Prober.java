package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig.Probing;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.file.FileException;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.CertificateFile;
import dev.pgpool.certwatch.target.ClientIdentity;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.TrustStoreTarget;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A target goes in, what was seen comes out. The future never fails. Thread-safe. */
public final class Prober implements AutoCloseable {

    private final Probing limits;
    private final BlockingCalls blocking;
    private final EndpointProbe endpoints;

    /** Uses the given threads, which stay the caller's. */
    public Prober(
            Probing limits,
            Clock clock,
            AddressResolver resolver,
            EventLoopGroup loops,
            EventExecutorGroup crypto,
            BlockingCalls blocking) {
        this.limits = limits;
        this.blocking = blocking;
        this.endpoints = new EndpointProbe(limits, clock, resolver, loops, crypto, blocking);
    }

    /** Probes a target once, within the deadline. */
    public CompletableFuture<ProbeResult> probe(CertTarget target) {
        long started = System.nanoTime();
        CompletableFuture<ProbeResult> probe;
        try {
            probe = start(target);
        } catch (RuntimeException e) {
            probe = CompletableFuture.failedFuture(e);
        }
        return probe.exceptionally(failed -> {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            Finding finding = failed instanceof TimeoutException || cause instanceof TimeoutException
                    ? Finding.of(FindingCode.FILE_READ_FAILED, target + ": not read within the deadline")
                    : Finding.of(FindingCode.PROBE_ERROR, target + ": " + cause);
            return ProbeResult.failed(finding, Duration.ofNanos(System.nanoTime() - started));
        });
    }

    /** Ends handshakes under way, within a limit; to be called before the given threads end. */
    public void stop(long limitMillis) {
        endpoints.stop(limitMillis);
    }

    /** Releases native memory; to be called when no probe is under way any more. */
    @Override
    public void close() {
        endpoints.close();
    }

    private CompletableFuture<ProbeResult> start(CertTarget target) {
        long deadlineNanos = limits.deadline().toNanos();
        if (target instanceof Endpoint endpoint) {
            CompletableFuture<ProbeResult> probe = probed(endpoint, deadlineNanos);
            Path expected = endpoint.expectedFile();
            return expected == null ? probe : probe.thenCombine(expected(expected), Prober::withExpected);
        }
        if (target instanceof CertificateFile file) {
            return blocking.call("file:" + target.name(), () -> FileProbe.probe(file), deadlineNanos);
        }
        TrustStoreTarget store = (TrustStoreTarget) target;
        return blocking.call("store:" + target.name(), () -> FileProbe.probe(store), deadlineNanos);
    }

    /** With an identity of files, those are read first if they have changed. */
    private CompletableFuture<ProbeResult> probed(Endpoint endpoint, long deadlineNanos) {
        ClientIdentity client = endpoint.client();
        if (client == null) {
            return endpoints.probe(endpoint);
        }
        return blocking.call(
                        "client:" + System.identityHashCode(client),
                        () -> {
                            client.refresh();
                            return List.<Finding>of();
                        },
                        deadlineNanos)
                .exceptionally(failed -> List.of(Finding.of(
                        FindingCode.FILE_READ_FAILED,
                        "the client certificate cannot be read again, the former one is shown: "
                                + (failed.getCause() == null ? failed : failed.getCause()).getMessage())))
                .thenCompose(problems -> endpoints.probe(endpoint).thenApply(probe -> probe.with(problems)));
    }

    private record Expected(@Nullable X509Certificate leaf, List<Finding> findings) {}

    private CompletableFuture<Expected> expected(Path file) {
        return blocking.call(
                        "expect:" + file,
                        () -> {
                            try {
                                return new Expected(FileProbe.leafOf(file), List.of());
                            } catch (FileException e) {
                                return new Expected(null, List.of(e.finding()));
                            }
                        },
                        limits.deadline().toNanos())
                .exceptionally(failed -> new Expected(
                        null,
                        List.of(Finding.of(FindingCode.FILE_READ_FAILED, file + ": not read within the deadline"))));
    }

    private static ProbeResult withExpected(ProbeResult probe, Expected expected) {
        return probe.withExpected(expected.leaf(), expected.findings());
    }
}
