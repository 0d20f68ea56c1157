package dev.pgpool.certwatch;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.internal.watch.WatchLoop;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Watches the certificates of a set of targets.
 *
 * <pre>{@code
 * try (CertWatch watch = CertWatch.builder()
 *         .target("https://example.org")
 *         .target("postgres://db.internal:5432?verify=full")
 *         .target("file:/etc/ssl/private/service.p12?password=...")
 *         .build()) {
 *     watch.start();
 *     watch.awaitFirstSweep(Duration.ofMinutes(1));
 *     LOGGER.info("\n{}", watch.snapshot().table());
 * }
 * }</pre>
 *
 * <p>Nothing happens before {@link #start()}. {@code start} and {@code close} do nothing when called again; a closed watch
 * cannot be started again. All methods may be called from any thread.
 */
public final class CertWatch implements AutoCloseable {

    private final CertWatchConfig config;
    private final Clock clock;
    private final WatchLoop loop;

    CertWatch(CertWatchConfig config, Clock clock, AddressResolver resolver, List<CertWatchListener> listeners) {
        this.config = config;
        this.clock = clock;
        this.loop = new WatchLoop(config, clock, resolver, listeners);
    }

    /** Begins to describe a watch. */
    public static CertWatchBuilder builder() {
        return new CertWatchBuilder();
    }

    /**
     * Probes each of the targets once, all at the same time, and returns when the last is judged: for a program that ends
     * then. {@link CertWatchBuilder#check} does the same with settings of one's own.
     *
     * @param urls see {@link CertTarget#parse(String)}
     * @throws CertWatchException if a URL cannot be understood; the message names all of them
     * @throws InterruptedException if this thread is interrupted
     */
    public static CertSnapshot check(String... urls) throws InterruptedException {
        return check(List.of(urls));
    }

    /** See {@link #check(String...)}. */
    public static CertSnapshot check(Collection<String> urls) throws InterruptedException {
        CertWatchBuilder builder = builder();
        urls.forEach(builder::target);
        return builder.check();
    }

    /** Probes all targets without ever beginning a schedule. */
    CertSnapshot probeOnce() throws InterruptedException {
        loop.startIdle();
        try {
            return loop.checkNow().get();
        } catch (ExecutionException e) {
            throw new CertWatchException("the check failed: " + e.getCause());
        }
    }

    /** What the watch was told at the beginning. */
    public CertWatchConfig config() {
        return config;
    }

    /** What time it is for the watch. */
    public Clock clock() {
        return clock;
    }

    /** Starts the schedule. The first probes are spread over {@link CertWatchBuilder#firstSweep}. */
    public void start() {
        loop.start();
    }

    /**
     * Adds a target, to be probed soon.
     *
     * @throws IllegalArgumentException if a target of that name is watched already, or its labels are too many
     */
    public void add(CertTarget target) {
        loop.add(target);
    }

    /** Stops watching a target; {@code false} if there is none of that name. */
    public boolean remove(String name) {
        return loop.remove(name);
    }

    /**
     * Probes all targets now, within the limits of the window.
     *
     * @return the snapshot after the last of them; a probe that began before this call does not count
     * @throws IllegalStateException if the watch is not running
     */
    public CompletableFuture<CertSnapshot> checkNow() {
        return loop.checkNow();
    }

    /**
     * Probes one target now.
     *
     * @throws IllegalArgumentException if there is none of that name
     * @throws IllegalStateException if the watch is not running
     */
    public CompletableFuture<CertReport> checkNow(String name) {
        return loop.checkNow(name);
    }

    /**
     * Probes once a target that need not be watched, within the limits of the window. Listeners, meters and snapshots do not
     * hear of it, and nothing of it is kept.
     *
     * @throws IllegalArgumentException if it is a {@link dev.pgpool.certwatch.target.TargetSet}
     * @throws IllegalStateException if the watch is not running
     */
    public CompletableFuture<CertReport> probe(CertTarget target) {
        return loop.probe(target);
    }

    /**
     * Waits until every target that was there at the start has been probed once.
     *
     * @return {@code false} if that has not happened within {@code limit}, or the watch was closed
     * @throws InterruptedException if this thread is interrupted
     */
    public boolean awaitFirstSweep(Duration limit) throws InterruptedException {
        return loop.awaitFirstSweep(limit);
    }

    /** What is known now. Levels are those of the clock's present time, not of the last probe. */
    public CertSnapshot snapshot() {
        return loop.snapshot();
    }

    /** Probes under way at this moment. */
    public int inFlight() {
        return loop.inFlight();
    }

    /** Targets watched at this moment. */
    public int size() {
        return loop.size();
    }

    /** How late the last scheduled probe began. */
    public Duration scheduleLag() {
        return loop.scheduleLag();
    }

    /** Tells one more listener from now on. */
    public void addListener(CertWatchListener listener) {
        loop.addListener(listener);
    }

    /** Ends the schedule and the probes under way, and returns when their threads have ended. */
    @Override
    public void close() {
        loop.close();
    }
}
