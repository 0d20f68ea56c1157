package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.probe.Look;
import dev.pgpool.certwatch.internal.text.PeerText;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.TargetSet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a watch: targets come and go, are looked at when due, and what is learnt is published. Methods may be called
 * from any thread; state belongs to the timeline.
 *
 * <pre>
 *   NEW ──start──&gt; RUNNING ──close──&gt; CLOSED
 *    └──────────────close──────────────^
 * </pre>
 */
public final class WatchLoop implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(WatchLoop.class);

    private static final Comparator<CertReport> WORST_FIRST = Comparator.comparing(
                    CertReport::level, Comparator.reverseOrder())
            .thenComparing(
                    report -> report.expiry().effective(), Comparator.nullsLast(Comparator.<Instant>naturalOrder()))
            .thenComparing(report -> report.target().name());

    private enum State {
        NEW,
        RUNNING,
        CLOSED
    }

    private final CertWatchConfig config;
    private final Clock clock;
    private final Events events;
    private final Machinery machinery;
    private final Map<String, WatchedTarget> targets = new ConcurrentHashMap<>();
    private final Set<WatchedTarget> onceUnderWay = ConcurrentHashMap.newKeySet();
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
    private final CompletableFuture<Boolean> firstSweep = new CompletableFuture<>();
    private final AtomicInteger firstLooksMissing = new AtomicInteger();
    private final ProbeWindow window;
    private final LabelNames labelNames = new LabelNames();
    private volatile int inFlight;
    private long startedNanos;
    private int notYetValid;

    /** A watch of the network and files. */
    public WatchLoop(CertWatchConfig config, Clock clock, AddressResolver resolver, List<CertWatchListener> listeners) {
        this(config, clock, listeners, new NetworkMachinery(config, clock, resolver));
    }

    WatchLoop(CertWatchConfig config, Clock clock, List<CertWatchListener> listeners, Machinery machinery) {
        this.config = config;
        this.clock = clock;
        this.events = new Events(listeners);
        this.machinery = machinery;
        this.window = new ProbeWindow(
                config.schedule().maxInFlight(), config.schedule().maxPerHost());
        for (CertTarget target : config.targets()) {
            labelNames.add(target);
            targets.put(target.name(), new WatchedTarget(target, config.schedule()));
        }
    }

    /** Starts without a schedule: looks happen only when asked for. */
    public void startIdle() {
        if (state.compareAndSet(State.NEW, State.RUNNING)) {
            machinery.start();
        }
    }

    /** Starts the schedule. */
    public void start() {
        if (!state.compareAndSet(State.NEW, State.RUNNING)) {
            return;
        }
        machinery.start();
        List<WatchedTarget> initial = List.copyOf(targets.values());
        firstLooksMissing.set(initial.size());
        if (initial.isEmpty()) {
            firstSweep.complete(true);
        }
        machinery.timeline().execute(() -> {
            startedNanos = machinery.timeline().nanoTime();
            for (WatchedTarget watched : initial) {
                countFirstLook(watched);
                schedule(watched, watched.cadence.firstNanos());
            }
        });
        LOGGER.info("certificate watch started, targets={}", initial.size());
    }

    private void countFirstLook(WatchedTarget watched) {
        CompletableFuture<CertReport> first = new CompletableFuture<>();
        watched.firstSweep = true;
        watched.waiting.add(first);
        first.whenComplete((report, failed) -> {
            if (firstLooksMissing.decrementAndGet() == 0) {
                firstSweep.complete(true);
            }
        });
    }

    /** Adds a target; looked at soon if running. */
    public void add(CertTarget target) {
        labelNames.add(target);
        WatchedTarget watched = new WatchedTarget(target, config.schedule());
        if (targets.putIfAbsent(target.name(), watched) != null) {
            throw new IllegalArgumentException(
                    "target \"" + target.name()
                            + "\" is watched already (expected: a name not in use, which name=... in the URL or named(...) gives)");
        }
        if (state.get() == State.RUNNING) {
            machinery.timeline().execute(() -> {
                if (!watched.removed && watched.next == null && !watched.inFlight) {
                    schedule(watched, Math.min(watched.cadence.firstNanos(), TimeUnit.SECONDS.toNanos(5)));
                }
            });
        }
    }

    /** Removes a target. */
    public boolean remove(String name) {
        WatchedTarget watched = targets.remove(name);
        if (watched == null) {
            return false;
        }
        if (state.get() == State.RUNNING) {
            machinery.timeline().execute(() -> onRemoved(watched));
        }
        return true;
    }

    private void onRemoved(WatchedTarget watched) {
        if (watched.removed) {
            return;
        }
        end(watched);
        machinery.assessing().forget(watched.target);
        events.tell(listener -> listener.onRemoved(watched.target));
        if (watched.target instanceof TargetSet) {
            removeMembers(watched, Map.of());
        }
    }

    /** Nothing follows about a target. */
    private void end(WatchedTarget watched) {
        watched.removed = true;
        if (watched.next != null) {
            watched.next.cancel();
            watched.next = null;
        }
        if (watched.notYetValid) {
            notYetValid--;
        }
        CancellationException why = new CancellationException("target \"" + watched.target.name() + "\" was removed");
        watched.waiting.forEach(waiting -> waiting.completeExceptionally(why));
        watched.waitingForNext.forEach(waiting -> waiting.completeExceptionally(why));
    }

    /** Removes the members of a set that are not among the wanted ones any more. */
    private void removeMembers(WatchedTarget set, Map<String, CertTarget> wanted) {
        for (WatchedTarget member : List.copyOf(targets.values())) {
            if (member.owner == set && !wanted.containsKey(member.target.name())) {
                targets.remove(member.target.name(), member);
                onRemoved(member);
            }
        }
    }

    /** Makes the targets of a set those that its look found. */
    private void sync(WatchedTarget set, List<CertTarget> members, List<String> refused) {
        Map<String, CertTarget> wanted = new LinkedHashMap<>();
        members.forEach(member -> wanted.putIfAbsent(member.name(), member));
        removeMembers(set, wanted);
        for (CertTarget member : wanted.values()) {
            WatchedTarget there = targets.get(member.name());
            if (there != null && there.owner != set) {
                // Given by itself, or by another set, under the same name: that one is watched.
                continue;
            }
            if (there != null && there.target.equals(member)) {
                continue;
            }
            try {
                labelNames.add(member);
            } catch (IllegalArgumentException e) {
                refused.add(String.valueOf(e.getMessage()));
                continue;
            }
            watchMember(set, there, member);
        }
    }

    private void watchMember(WatchedTarget set, @Nullable WatchedTarget there, CertTarget member) {
        boolean policyOnly =
                there != null && there.target.withPolicy(member.policy()).equals(member);
        WatchedTarget watched = new WatchedTarget(member, config.schedule(), set, policyOnly ? there : null);
        if (there == null) {
            if (targets.putIfAbsent(member.name(), watched) != null) {
                return;
            }
        } else if (targets.replace(member.name(), there, watched)) {
            end(there);
            events.tell(listener -> listener.onRemoved(there.target));
        } else {
            return;
        }
        if (set.firstSweep && set.knowledge == null) {
            firstLooksMissing.incrementAndGet();
            countFirstLook(watched);
        }
        // What was known with another policy is to be seen with this one at once.
        schedule(watched, there == null ? watched.cadence.firstNanos() : 0);
    }

    /** Looks at all targets. */
    public CompletableFuture<CertSnapshot> checkNow() {
        requireRunning();
        return lookAtAllBut(new HashSet<>());
    }

    /** Sets bring forth targets, which are looked at then. */
    private CompletableFuture<CertSnapshot> lookAtAllBut(Set<WatchedTarget> done) {
        List<CompletableFuture<?>> looks = new ArrayList<>();
        for (WatchedTarget watched : targets.values()) {
            if (done.add(watched)) {
                // A target removed meanwhile is no reason to fail.
                looks.add(request(watched).handle((report, failed) -> report));
            }
        }
        return looks.isEmpty()
                ? CompletableFuture.completedFuture(snapshot())
                : CompletableFuture.allOf(looks.toArray(new CompletableFuture<?>[0]))
                        .thenCompose(all -> lookAtAllBut(done));
    }

    /** Looks at one target. */
    public CompletableFuture<CertReport> checkNow(String name) {
        requireRunning();
        WatchedTarget watched = targets.get(name);
        if (watched == null) {
            throw new IllegalArgumentException("no target \"" + name + "\" (expected: one of those watched)");
        }
        return request(watched);
    }

    /** Looks once at a target, whether it is watched or not. */
    public CompletableFuture<CertReport> look(CertTarget target) {
        requireRunning();
        if (target instanceof TargetSet) {
            throw new IllegalArgumentException(
                    target + " stands for many targets (expected: one that is looked at itself)");
        }
        // Known to no one, it is not scheduled again: see onAssessed.
        WatchedTarget once = new WatchedTarget(target, config.schedule());
        once.once = true;
        onceUnderWay.add(once);
        CompletableFuture<CertReport> result = request(once);
        return result.whenComplete((report, failed) -> onceUnderWay.remove(once));
    }

    private void requireRunning() {
        if (state.get() != State.RUNNING) {
            throw new IllegalStateException("the watch is " + state.get() + " (expected: started and not closed)");
        }
    }

    private CompletableFuture<CertReport> request(WatchedTarget watched) {
        CompletableFuture<CertReport> result = new CompletableFuture<>();
        machinery.timeline().execute(() -> {
            if (watched.removed || state.get() == State.CLOSED) {
                result.completeExceptionally(new CancellationException("the target is not watched any more"));
            } else if (watched.inFlight) {
                watched.waitingForNext.add(result);
            } else {
                watched.waiting.add(result);
                look(watched);
            }
        });
        return result;
    }

    private void schedule(WatchedTarget watched, long delayNanos) {
        if (watched.next != null) {
            watched.next.cancel();
        }
        long dueNanos = machinery.timeline().nanoTime() + delayNanos;
        watched.next = machinery
                .timeline()
                .schedule(
                        () -> {
                            machinery.onLag(machinery.timeline().nanoTime() - dueNanos);
                            look(watched);
                        },
                        delayNanos);
    }

    private void look(WatchedTarget watched) {
        if (watched.inFlight || watched.removed) {
            return;
        }
        if (watched.next != null) {
            watched.next.cancel();
            watched.next = null;
        }
        watched.inFlight = true;
        watched.place = watched.hostToCount();
        window.submit(watched.place, () -> begin(watched));
        inFlight = window.inFlight();
    }

    private void begin(WatchedTarget watched) {
        Duration limit = config.probing().deadline().multipliedBy(2).plusSeconds(10);
        CompletableFuture<Assessment> look;
        try {
            look = machinery.assessing().assess(watched.target, watched.inspections());
        } catch (RuntimeException e) {
            look = CompletableFuture.failedFuture(e);
        }
        look.orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
                .exceptionally(failed -> lost(watched, limit, failed))
                .thenAccept(assessment -> machinery.timeline().execute(() -> onAssessed(watched, assessment)));
    }

    private static Assessment lost(WatchedTarget watched, Duration limit, Throwable failed) {
        Finding finding = Finding.of(
                FindingCode.PROBE_ERROR,
                failed instanceof TimeoutException
                        ? watched.target + ": no result within " + limit.toSeconds() + " s"
                        : watched.target + ": " + failed);
        return new Assessment(Look.failed(finding, limit), List.of(), List.of(finding), null);
    }

    private void onAssessed(WatchedTarget watched, Assessment assessment) {
        window.release(watched.place);
        inFlight = window.inFlight();
        watched.inFlight = false;
        if (watched.removed || state.get() == State.CLOSED) {
            return;
        }
        CertReport report = null;
        Throwable problem = null;
        long delay = config.schedule().recheck().toNanos();
        try {
            Instant now = clock.instant();
            Assessment learnt = withMembers(watched, assessment);
            List<CertificateChange> changes = watched.learn(learnt, now);
            report = report(watched, now);
            if (report != null) {
                if (!watched.once) {
                    publish(watched, report, changes, now);
                }
                delay = watched.cadence.nextNanos(
                        report, now, machinery.timeline().nanoTime() - startedNanos);
            }
        } catch (RuntimeException | Error e) {
            // A target that nobody looks at any more would be silent for ever: the next look must come.
            LOGGER.error(
                    "the look at {} could not be judged", PeerText.escape(watched.target.name()), PeerText.safe(e));
            problem = e;
        }
        List<CompletableFuture<CertReport>> done = List.copyOf(watched.waiting);
        watched.waiting.clear();
        if (!watched.waitingForNext.isEmpty()) {
            watched.waiting.addAll(watched.waitingForNext);
            watched.waitingForNext.clear();
            look(watched);
        } else if (!watched.once) {
            schedule(watched, delay);
        }
        complete(done, report, problem);
    }

    private Assessment withMembers(WatchedTarget watched, Assessment assessment) {
        List<CertTarget> members = assessment.members();
        if (members == null) {
            return assessment;
        }
        List<String> refused = new ArrayList<>();
        sync(watched, members, refused);
        if (refused.isEmpty()) {
            return assessment;
        }
        List<Finding> findings = new ArrayList<>(assessment.findings());
        findings.add(Finding.of(
                FindingCode.TARGETS_INVALID,
                refused.size() + " targets are not watched, the first: " + refused.get(0)));
        return new Assessment(assessment.look(), assessment.inspections(), findings, null, members);
    }

    private static void complete(
            List<CompletableFuture<CertReport>> done, @Nullable CertReport report, @Nullable Throwable problem) {
        for (CompletableFuture<CertReport> waiting : done) {
            if (report != null) {
                waiting.complete(report);
            } else {
                waiting.completeExceptionally(new IllegalStateException("the look could not be judged", problem));
            }
        }
    }

    private void publish(WatchedTarget watched, CertReport report, List<CertificateChange> changes, Instant now) {
        boolean early = report.has(FindingCode.NOT_YET_VALID);
        if (early != watched.notYetValid) {
            watched.notYetValid = early;
            notYetValid += early ? 1 : -1;
        }
        events.tell(listener -> listener.onReport(report));
        for (CertificateChange change : changes) {
            LOGGER.info(
                    "certificate changed, target={} serial={} until={}",
                    PeerText.escape(watched.target.name()),
                    change.after().serial(),
                    change.after().notAfter());
            events.tell(listener -> listener.onChange(change));
        }
        Notice notice = watched.notices.onReport(report, config.notices(), now);
        if (notice != null) {
            watched.onTold();
            if (notice.kind() == Notice.Kind.RECOVERED) {
                LOGGER.info("{}", notice.text());
            } else {
                LOGGER.warn("{}", notice.text());
            }
            events.tell(listener -> listener.onNotice(notice));
        }
    }

    private @Nullable CertReport report(WatchedTarget watched, Instant now) {
        Knowledge known = watched.knowledge;
        if (known == null) {
            return null;
        }
        boolean suspect = watched.notYetValid && targets.size() >= 3 && notYetValid * 2 > targets.size();
        return ReportMaker.report(known, config.judging(), now, suspect);
    }

    /** What is known now. */
    public CertSnapshot snapshot() {
        Instant now = clock.instant();
        List<CertReport> reports = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        for (WatchedTarget watched : targets.values()) {
            CertReport report = report(watched, now);
            if (report == null) {
                pending.add(watched.target.name());
            } else {
                reports.add(report);
            }
        }
        reports.sort(WORST_FIRST);
        pending.sort(Comparator.naturalOrder());
        return new CertSnapshot(now, reports, pending);
    }

    /** Looks under way. */
    public int inFlight() {
        return inFlight;
    }

    /** Targets watched. */
    public int size() {
        return targets.size();
    }

    /** How late the last scheduled look began. */
    public Duration scheduleLag() {
        return Duration.ofNanos(machinery.lagNanos());
    }

    /** Tells one more listener. */
    public void addListener(CertWatchListener listener) {
        events.add(listener);
    }

    /** Waits for the first sweep. */
    public boolean awaitFirstSweep(Duration limit) throws InterruptedException {
        try {
            return firstSweep.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        State before = state.getAndSet(State.CLOSED);
        if (before == State.CLOSED) {
            return;
        }
        firstSweep.complete(false);
        if (before == State.RUNNING) {
            machinery.close();
            CancellationException why = new CancellationException("the watch was closed");
            List<WatchedTarget> all = new ArrayList<>(targets.values());
            all.addAll(onceUnderWay);
            for (WatchedTarget watched : all) {
                watched.waiting.forEach(waiting -> waiting.completeExceptionally(why));
                watched.waitingForNext.forEach(waiting -> waiting.completeExceptionally(why));
            }
            LOGGER.info("certificate watch closed");
        }
        events.close();
    }
}
