package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.TargetSet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a watch: targets come and go, are probed when due, and what is learnt is published. Methods may be called from any
 * thread; state belongs to the timeline.
 *
 * <pre>
 *   NEW ──start──&gt; RUNNING ──close──&gt; CLOSED
 *    └──────────────close──────────────^
 * </pre>
 */
public final class WatchLoop implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(WatchLoop.class);

    private enum State {
        NEW,
        RUNNING,
        CLOSED
    }

    private final CertWatchConfig config;
    private final EventDispatcher events;
    private final WatchRuntime runtime;
    private final Map<String, WatchedTarget> byName = new ConcurrentHashMap<>();
    private final Set<WatchedTarget> onceUnderWay = ConcurrentHashMap.newKeySet();
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
    private final FirstSweep firstSweep = new FirstSweep();
    private final ReportPublisher publisher;
    private final ProbeRunner runner;
    private final WatchedTargets targets;

    /** A watch of the network and files. */
    public WatchLoop(CertWatchConfig config, Clock clock, AddressResolver resolver, List<CertWatchListener> listeners) {
        this(config, clock, listeners, new NetworkRuntime(config, clock, resolver));
    }

    WatchLoop(CertWatchConfig config, Clock clock, List<CertWatchListener> listeners, WatchRuntime runtime) {
        this.config = config;
        this.events = new EventDispatcher(listeners);
        this.runtime = runtime;
        this.publisher = new ReportPublisher(config, clock, events, byName);
        this.runner = new ProbeRunner(config, clock, runtime, () -> state.get() == State.CLOSED, this::onChecked);
        this.targets = new WatchedTargets(byName, config.schedule(), runtime, runner, publisher, events, firstSweep);
        config.targets().forEach(targets::add);
    }

    /** Starts without a schedule: probes happen only when asked for. */
    public void startIdle() {
        if (state.compareAndSet(State.NEW, State.RUNNING)) {
            runtime.start();
        }
    }

    /** Starts the schedule. */
    public void start() {
        if (!state.compareAndSet(State.NEW, State.RUNNING)) {
            return;
        }
        runtime.start();
        List<WatchedTarget> initial = List.copyOf(byName.values());
        firstSweep.start(initial.size());
        runtime.timeline().execute(() -> {
            runner.start();
            for (WatchedTarget watched : initial) {
                firstSweep.await(watched);
                runner.schedule(watched, watched.probeSchedule.firstNanos());
            }
        });
        LOGGER.info("certificate watch started, targets={}", initial.size());
    }

    /** Adds a target; probed soon if running. */
    public void add(CertTarget target) {
        WatchedTarget watched = targets.add(target);
        if (state.get() == State.RUNNING) {
            runtime.timeline().execute(() -> {
                if (!watched.removed && watched.next == null && !watched.inFlight) {
                    runner.schedule(watched, Math.min(watched.probeSchedule.firstNanos(), TimeUnit.SECONDS.toNanos(5)));
                }
            });
        }
    }

    /** Removes a target. */
    public boolean remove(String name) {
        WatchedTarget watched = byName.remove(name);
        if (watched == null) {
            return false;
        }
        if (state.get() == State.RUNNING) {
            runtime.timeline().execute(() -> targets.onRemoved(watched));
        }
        return true;
    }

    /** Probes all targets. */
    public CompletableFuture<CertSnapshot> checkNow() {
        requireRunning();
        return probeAllBut(new HashSet<>());
    }

    /** The probe of a set brings new targets, which are probed then. */
    private CompletableFuture<CertSnapshot> probeAllBut(Set<WatchedTarget> done) {
        List<CompletableFuture<?>> probes = new ArrayList<>();
        for (WatchedTarget watched : byName.values()) {
            if (done.add(watched)) {
                // A target removed meanwhile is no reason to fail.
                probes.add(runner.request(watched).handle((report, failed) -> report));
            }
        }
        return probes.isEmpty()
                ? CompletableFuture.completedFuture(snapshot())
                : CompletableFuture.allOf(probes.toArray(new CompletableFuture<?>[0]))
                        .thenCompose(all -> probeAllBut(done));
    }

    /** Probes one target. */
    public CompletableFuture<CertReport> checkNow(String name) {
        requireRunning();
        WatchedTarget watched = byName.get(name);
        if (watched == null) {
            throw new IllegalArgumentException("no target \"" + name + "\" (expected: one of those watched)");
        }
        return runner.request(watched);
    }

    /** Probes a target once, whether it is watched or not. */
    public CompletableFuture<CertReport> probe(CertTarget target) {
        requireRunning();
        if (target instanceof TargetSet) {
            throw new IllegalArgumentException(
                    target + " stands for many targets (expected: one that is looked at itself)");
        }
        // Not among the targets, so that no snapshot has it; the runner does not schedule it again.
        WatchedTarget once = new WatchedTarget(target, config.schedule());
        once.once = true;
        onceUnderWay.add(once);
        CompletableFuture<CertReport> result = runner.request(once);
        return result.whenComplete((report, failed) -> onceUnderWay.remove(once));
    }

    private void requireRunning() {
        if (state.get() != State.RUNNING) {
            throw new IllegalStateException("the watch is " + state.get() + " (expected: started and not closed)");
        }
    }

    private @Nullable CertReport onChecked(WatchedTarget watched, CheckResult checked, Instant now) {
        CheckResult learnt = withMembers(watched, checked);
        List<CertificateChange> changes = watched.learn(learnt, now);
        CertReport report = publisher.report(watched, now);
        if (report != null && !watched.once) {
            publisher.publish(watched, report, changes, now);
        }
        return report;
    }

    private CheckResult withMembers(WatchedTarget watched, CheckResult checked) {
        List<CertTarget> members = checked.members();
        if (members == null) {
            return checked;
        }
        List<String> refused = targets.sync(watched, members);
        if (refused.isEmpty()) {
            return checked;
        }
        List<Finding> findings = new ArrayList<>(checked.findings());
        findings.add(Finding.of(
                FindingCode.TARGETS_INVALID,
                refused.size() + " targets are not watched, the first: " + refused.get(0)));
        return new CheckResult(checked.probe(), checked.inspections(), findings, null, members);
    }

    /** What is known now. */
    public CertSnapshot snapshot() {
        return publisher.snapshot();
    }

    /** Probes under way. */
    public int inFlight() {
        return runner.inFlight();
    }

    /** Targets watched. */
    public int size() {
        return byName.size();
    }

    /** How late the last scheduled probe began. */
    public Duration scheduleLag() {
        return Duration.ofNanos(runtime.lagNanos());
    }

    /** Tells one more listener. */
    public void addListener(CertWatchListener listener) {
        events.add(listener);
    }

    /** Waits for the first sweep. */
    public boolean awaitFirstSweep(Duration limit) throws InterruptedException {
        return firstSweep.await(limit);
    }

    @Override
    public void close() {
        State before = state.getAndSet(State.CLOSED);
        if (before == State.CLOSED) {
            return;
        }
        firstSweep.close();
        if (before == State.RUNNING) {
            runtime.close();
            CancellationException why = new CancellationException("the watch was closed");
            List<WatchedTarget> all = new ArrayList<>(byName.values());
            all.addAll(onceUnderWay);
            all.forEach(watched -> watched.failWaiting(why));
            LOGGER.info("certificate watch closed");
        }
        events.close();
    }
}
