package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.probe.ProbeResult;
import dev.pgpool.certwatch.internal.text.PeerText;
import dev.pgpool.certwatch.report.CertReport;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Probes targets when they are due or asked for, one probe of a target at a time, within the window. Confined to the timeline, but
 * for {@link #request} and {@link #inFlight}.
 *
 * <pre>
 *             due, request                      room in the window
 *   SCHEDULED ────────────&gt; waiting for a place ─────────────────&gt; in flight
 *       ^                                                            │
 *       └──────────────────── judged, next delay ────────────────────┘
 * </pre>
 */
final class ProbeRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(ProbeRunner.class);

    private final CertWatchConfig config;
    private final Clock clock;
    private final WatchRuntime runtime;
    private final BooleanSupplier closed;
    private final Results results;
    private final ProbeWindow window;
    private volatile int inFlight;
    private long startedNanos;

    /** Takes in what a probe brought. */
    @FunctionalInterface
    interface Results {
        /** Judges and publishes; gives the report, which is absent if nothing is known of the target. */
        @Nullable
        CertReport onChecked(WatchedTarget watched, CheckResult checked, Instant now);
    }

    ProbeRunner(CertWatchConfig config, Clock clock, WatchRuntime runtime, BooleanSupplier closed, Results results) {
        this.config = config;
        this.clock = clock;
        this.runtime = runtime;
        this.closed = closed;
        this.results = results;
        this.window = new ProbeWindow(
                config.schedule().maxInFlight(), config.schedule().maxPerHost());
    }

    /** The schedule begins at this moment. */
    void start() {
        startedNanos = runtime.timeline().nanoTime();
    }

    /** Probes under way. */
    int inFlight() {
        return inFlight;
    }

    /** Asks for a probe that begins from now on; may be called on any thread. */
    CompletableFuture<CertReport> request(WatchedTarget watched) {
        CompletableFuture<CertReport> result = new CompletableFuture<>();
        runtime.timeline().execute(() -> {
            if (watched.removed || closed.getAsBoolean()) {
                result.completeExceptionally(new CancellationException("the target is not watched any more"));
            } else if (watched.inFlight) {
                watched.waitingForNext.add(result);
            } else {
                watched.waiting.add(result);
                probe(watched);
            }
        });
        return result;
    }

    /** Sets the time of the next probe; a former time is given up. */
    void schedule(WatchedTarget watched, long delayNanos) {
        if (watched.next != null) {
            watched.next.cancel();
        }
        long dueNanos = runtime.timeline().nanoTime() + delayNanos;
        watched.next = runtime.timeline()
                .schedule(
                        () -> {
                            runtime.onLag(runtime.timeline().nanoTime() - dueNanos);
                            probe(watched);
                        },
                        delayNanos);
    }

    private void probe(WatchedTarget watched) {
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
        CompletableFuture<CheckResult> check;
        try {
            check = runtime.checker().check(watched.target, watched.inspections());
        } catch (RuntimeException e) {
            check = CompletableFuture.failedFuture(e);
        }
        check.orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
                .exceptionally(failed -> lost(watched, limit, failed))
                .thenAccept(checked -> runtime.timeline().execute(() -> onChecked(watched, checked)));
    }

    private static CheckResult lost(WatchedTarget watched, Duration limit, Throwable failed) {
        Finding finding = Finding.of(
                FindingCode.PROBE_ERROR,
                failed instanceof TimeoutException
                        ? watched.target + ": no result within " + limit.toSeconds() + " s"
                        : watched.target + ": " + failed);
        return new CheckResult(ProbeResult.failed(finding, limit), List.of(), List.of(finding), null);
    }

    private void onChecked(WatchedTarget watched, CheckResult checked) {
        window.release(watched.place);
        inFlight = window.inFlight();
        watched.inFlight = false;
        if (watched.removed || closed.getAsBoolean()) {
            return;
        }
        CertReport report = null;
        Throwable problem = null;
        long delay = config.schedule().recheck().toNanos();
        try {
            Instant now = clock.instant();
            report = results.onChecked(watched, checked, now);
            if (report != null) {
                delay = watched.probeSchedule.nextNanos(
                        report, now, runtime.timeline().nanoTime() - startedNanos);
            }
        } catch (RuntimeException | Error e) {
            // Without a next probe the target would be silent for ever: it is scheduled all the same.
            LOGGER.error(
                    "the probe of {} could not be judged", PeerText.escape(watched.target.name()), PeerText.safe(e));
            problem = e;
        }
        List<CompletableFuture<CertReport>> done = List.copyOf(watched.waiting);
        watched.waiting.clear();
        if (!watched.waitingForNext.isEmpty()) {
            watched.waiting.addAll(watched.waitingForNext);
            watched.waitingForNext.clear();
            probe(watched);
        } else if (!watched.once) {
            schedule(watched, delay);
        }
        complete(done, report, problem);
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
}
