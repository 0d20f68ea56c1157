package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.discover.Discovery;
import dev.pgpool.certwatch.internal.discover.SetMembers;
import dev.pgpool.certwatch.internal.judge.ChainInspector;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.judge.Revocation;
import dev.pgpool.certwatch.internal.judge.TrustCache;
import dev.pgpool.certwatch.internal.judge.TrustCache.Trust;
import dev.pgpool.certwatch.internal.judge.UnreadableChainException;
import dev.pgpool.certwatch.internal.probe.BlockingCalls;
import dev.pgpool.certwatch.internal.probe.ProbeResult;
import dev.pgpool.certwatch.internal.probe.Prober;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.report.CrlDates;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.TargetSet;
import dev.pgpool.certwatch.target.TrustStoreTarget;
import dev.pgpool.certwatch.trust.TrustSource;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;

/** Probes a target and inspects what was seen. Thread-safe; the future never fails. */
final class ProbingChecker implements TargetChecker {

    private final CertWatchConfig.Judging judging;
    private final Clock clock;
    private final Prober prober;
    private final TrustCache trusts;
    private final Revocation revocation;
    private final Executor workers;
    private final BlockingCalls blocking;
    private final Duration deadline;
    private final Discovery discovery = new Discovery();
    private final ChainInspector inspector;

    ProbingChecker(
            CertWatchConfig.Judging judging,
            Clock clock,
            Prober prober,
            TrustCache trusts,
            Executor workers,
            BlockingCalls blocking,
            Duration deadline) {
        this.judging = judging;
        this.clock = clock;
        this.prober = prober;
        this.trusts = trusts;
        this.revocation = new Revocation(judging.revocation());
        this.workers = workers;
        this.inspector = new ChainInspector(judging.keepCertificates());
        this.blocking = blocking;
        this.deadline = deadline;
    }

    @Override
    public CompletableFuture<CheckResult> check(CertTarget target, List<Inspection> former) {
        if (target instanceof TargetSet set) {
            return discover(set);
        }
        long started = System.nanoTime();
        return prober.probe(target)
                .thenCompose(probe -> probe.chains().isEmpty()
                        ? CompletableFuture.completedFuture(nothingServed(probe))
                        : trusts.of(source(target))
                                .thenApplyAsync(
                                        trust -> inspect(target, probe, trust, former),
                                        revocation.blocks() ? blocking.executor() : workers))
                .exceptionally(failed -> nothingServed(ProbeResult.failed(
                        Finding.of(FindingCode.PROBE_ERROR, target + ": " + failed),
                        Duration.ofNanos(System.nanoTime() - started))));
    }

    private CompletableFuture<CheckResult> discover(TargetSet set) {
        long started = System.nanoTime();
        return blocking.call("set:" + set.name(), () -> discovery.read(set), deadline.toNanos())
                .exceptionally(failed -> new SetMembers(
                        null,
                        List.of(Finding.of(
                                FindingCode.FILE_READ_FAILED,
                                failed instanceof TimeoutException || failed.getCause() instanceof TimeoutException
                                        ? set + ": not read within the deadline"
                                        : set + ": " + failed))))
                .thenApply(members -> new CheckResult(
                        ProbeResult.local(List.of(), members.findings(), Duration.ofNanos(System.nanoTime() - started)),
                        List.of(),
                        members.findings(),
                        null,
                        members.targets()));
    }

    @Override
    public void forget(CertTarget target) {
        discovery.forget(target.name());
    }

    private CheckResult nothingServed(ProbeResult probe) {
        return new CheckResult(probe, List.of(), probe.findings(), null);
    }

    private TrustSource source(CertTarget target) {
        return target instanceof Endpoint endpoint && endpoint.trust() != null ? endpoint.trust() : judging.trust();
    }

    private CheckResult inspect(CertTarget target, ProbeResult probe, Trust trust, List<Inspection> former) {
        List<Finding> findings = new ArrayList<>(probe.findings());
        if (trust.problem() != null && target instanceof Endpoint) {
            findings.add(trust.problem());
        }
        boolean alone = target instanceof TrustStoreTarget;
        List<Inspection> inspections = new ArrayList<>();
        for (ServedChain chain : probe.chains()) {
            try {
                Inspection inspection = inspector.inspect(target, chain, alone ? null : trust.anchors(), former);
                Map<String, CrlDates> lists = Map.of();
                if (revocation.concerns(chain)) {
                    Revocation.Checked checked = revocation.check(chain, trust.anchors(), clock.instant());
                    findings.addAll(checked.findings());
                    lists = checked.lists();
                }
                inspections.add(inspection.withLists(lists));
            } catch (UnreadableChainException e) {
                findings.add(e.finding());
            } catch (RuntimeException e) {
                // One address or file entry that cannot be judged must not cost the others.
                findings.add(Finding.of(FindingCode.PROBE_ERROR, chain.where() + ": cannot be judged: " + e));
            }
        }
        return new CheckResult(
                probe, inspections, findings, probe.expected() == null ? null : inspector.facts(probe.expected()));
    }
}
