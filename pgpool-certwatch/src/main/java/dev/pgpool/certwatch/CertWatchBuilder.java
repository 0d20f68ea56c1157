package dev.pgpool.certwatch;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.internal.watch.LabelNames;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.TargetSet;
import dev.pgpool.certwatch.target.Thresholds;
import dev.pgpool.certwatch.trust.RevocationPolicy;
import dev.pgpool.certwatch.trust.TrustSource;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link CertWatch}. Each option has a default; problems are reported together by {@link #build()}. Not
 * thread-safe.
 */
public final class CertWatchBuilder {

    private static final Duration PACE = Duration.ofMillis(50);
    private static final Duration LONGEST_SPREAD = Duration.ofSeconds(30);
    private static final int PROBES_OF_A_SET = 100;

    private final List<CertTarget> targets = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final List<CertWatchListener> listeners = new ArrayList<>();
    private Duration resolveTimeout = Duration.ofSeconds(2);
    private Duration connectTimeout = Duration.ofSeconds(3);
    private Duration negotiateTimeout = Duration.ofSeconds(3);
    private Duration handshakeTimeout = Duration.ofSeconds(5);
    private Duration deadline = Duration.ofSeconds(10);
    private int maxAddresses = 16;
    private boolean checkClock;
    private boolean nativeTls = true;
    private Duration interval = Duration.ofMinutes(5);
    private Duration shortestInterval = Duration.ofMinutes(1);
    private @Nullable Duration firstSweep;
    private Duration recheck = Duration.ofSeconds(30);
    private Duration discovery = Duration.ofSeconds(30);
    private int maxInFlight = 256;
    private int maxPerHost = 2;
    private TrustSource trust = TrustSource.jdk();
    private Thresholds thresholds = Thresholds.ADAPTIVE;
    private RevocationPolicy revocation = RevocationPolicy.STAPLED_ONLY;
    private final List<Mute> mutes = new ArrayList<>();
    private Duration staleGrace = Duration.ofMinutes(15);
    private Duration repeat = Duration.ofDays(1);
    private int failuresBeforeNotice = 2;
    private int certificateSeries;
    private boolean keepCertificates;
    private AddressResolver resolver = AddressResolver.SYSTEM;
    private Clock clock = Clock.systemUTC();

    CertWatchBuilder() {}

    /** Watches a target; none by default, more can be added while running. */
    public CertWatchBuilder target(CertTarget target) {
        targets.add(requireNonNull(target, "target"));
        return this;
    }

    /** Watches a target given by URL, see {@link CertTarget#parse(String)}. */
    public CertWatchBuilder target(String url) {
        try {
            targets.add(CertTarget.parse(url));
        } catch (IllegalArgumentException e) {
            problems.add("targets: " + e.getMessage());
        }
        return this;
    }

    /** Watches several targets. */
    public CertWatchBuilder targets(Collection<? extends CertTarget> more) {
        targets.addAll(more);
        return this;
    }

    /** Time between two probes of a target; 5 minutes by default. */
    public CertWatchBuilder interval(Duration value) {
        interval = value;
        return this;
    }

    /** Lower bound of the interval for certificates that end soon; 1 minute by default. */
    public CertWatchBuilder shortestInterval(Duration value) {
        shortestInterval = value;
        return this;
    }

    /**
     * The first probes are spread over this time, never more than the interval; by default over 50 ms for each target, at most 30
     * seconds, and a set counts for a hundred.
     */
    public CertWatchBuilder firstSweep(Duration value) {
        firstSweep = requireNonNull(value, "firstSweep");
        return this;
    }

    /** A target that got worse is probed again after this time, at most twice in a row; 30 seconds by default. */
    public CertWatchBuilder recheck(Duration value) {
        recheck = value;
        return this;
    }

    /** Directories, patterns and lists of targets are read again after this time; 30 seconds by default. */
    public CertWatchBuilder discovery(Duration value) {
        discovery = value;
        return this;
    }

    /** Probes under way at once; 256 by default. */
    public CertWatchBuilder maxInFlight(int value) {
        maxInFlight = value;
        return this;
    }

    /** Probes under way at once to one host; 2 by default. */
    public CertWatchBuilder maxPerHost(int value) {
        maxPerHost = value;
        return this;
    }

    /** Limit for finding the addresses of a name; 2 seconds by default. */
    public CertWatchBuilder resolveTimeout(Duration value) {
        resolveTimeout = value;
        return this;
    }

    /** Limit for a TCP connection; 3 seconds by default. */
    public CertWatchBuilder connectTimeout(Duration value) {
        connectTimeout = value;
        return this;
    }

    /** Limit for what comes before TLS; 3 seconds by default. */
    public CertWatchBuilder negotiateTimeout(Duration value) {
        negotiateTimeout = value;
        return this;
    }

    /** Limit for the TLS handshake; 5 seconds by default. */
    public CertWatchBuilder handshakeTimeout(Duration value) {
        handshakeTimeout = value;
        return this;
    }

    /** Limit for a whole probe; 10 seconds by default. */
    public CertWatchBuilder deadline(Duration value) {
        deadline = value;
        return this;
    }

    /** At most this many addresses of a name are probed; 16 by default. */
    public CertWatchBuilder maxAddresses(int value) {
        maxAddresses = value;
        return this;
    }

    /** Whether HTTPS targets are asked for their time by a HEAD request, to see this machine's clock go wrong; off by
     * default. */
    public CertWatchBuilder checkClock(boolean value) {
        checkClock = value;
        return this;
    }

    /**
     * Whether to use BoringSSL where {@code netty-tcnative-boringssl-static} is on the class path; on by default. It takes
     * a fraction of the CPU time and sees the chains of servers that speak TLS 1.0 or 1.1 only.
     */
    public CertWatchBuilder nativeTls(boolean value) {
        nativeTls = value;
        return this;
    }

    /** Trust anchors; those of this Java by default. */
    public CertWatchBuilder trust(TrustSource value) {
        trust = requireNonNull(value, "trust");
        return this;
    }

    /** Thresholds; {@link Thresholds#ADAPTIVE} by default. */
    public CertWatchBuilder thresholds(Thresholds value) {
        thresholds = requireNonNull(value, "thresholds");
        return this;
    }

    /** How revocation is checked; {@link RevocationPolicy#STAPLED_ONLY} by default. */
    public CertWatchBuilder revocation(RevocationPolicy value) {
        revocation = requireNonNull(value, "revocation");
        return this;
    }

    /** How long a renewed file may differ from what is served; 15 minutes by default. */
    public CertWatchBuilder staleGrace(Duration value) {
        staleGrace = value;
        return this;
    }

    /** A bad target is reported again after this time, zero for never; 1 day by default. */
    public CertWatchBuilder repeatNotices(Duration value) {
        repeat = value;
        return this;
    }

    /** Probes in a row that must fail before an unreachable target is reported; 2 by default. */
    public CertWatchBuilder failuresBeforeNotice(int value) {
        failuresBeforeNotice = value;
        return this;
    }

    /**
     * At most so many certificates have meters of their own, those of the worst targets first; 0 by default, for none. Their
     * tags change with each renewal, so a time series database keeps more of them than there are at any moment.
     */
    public CertWatchBuilder certificateSeries(int max) {
        certificateSeries = max;
        return this;
    }

    /**
     * Whether reports have the certificates themselves ({@link dev.pgpool.certwatch.report.CertificateFacts#encoded()}), which take a kilobyte or two each;
     * off by default.
     */
    public CertWatchBuilder keepCertificates(boolean value) {
        keepCertificates = value;
        return this;
    }

    /** A listener that is told of reports, notices and changes; none by default. */
    public CertWatchBuilder listener(CertWatchListener listener) {
        listeners.add(requireNonNull(listener, "listener"));
        return this;
    }

    /** Told of each notice, in order and on a thread of its own; none by default. */
    public CertWatchBuilder onNotice(Consumer<? super Notice> consumer) {
        return listener(CertWatchListener.notices(consumer));
    }

    /** Kinds of findings that do not count at any target; none by default. */
    public CertWatchBuilder mute(FindingCode... codes) {
        for (FindingCode code : codes) {
            mutes.add(Mute.of(code));
        }
        return this;
    }

    /** Findings that do not count at any target for a time; none by default. */
    public CertWatchBuilder mute(Mute mute) {
        mutes.add(requireNonNull(mute, "mute"));
        return this;
    }

    /** How names are resolved; {@link AddressResolver#SYSTEM} by default. */
    public CertWatchBuilder resolver(AddressResolver value) {
        resolver = requireNonNull(value, "resolver");
        return this;
    }

    /** What time it is, for judging dates; the system's clock by default. Limits and intervals do not follow it. */
    public CertWatchBuilder clock(Clock value) {
        clock = requireNonNull(value, "clock");
        return this;
    }

    /**
     * Probes each target once, all at the same time within the limits of the window, and returns when the last is judged.
     *
     * @throws CertWatchException with every problem found in the settings
     * @throws InterruptedException if this thread is interrupted
     */
    public CertSnapshot check() throws InterruptedException {
        try (CertWatch watch = build()) {
            return watch.probeOnce();
        }
    }

    /**
     * Makes the watch, which is then to be started.
     *
     * @throws CertWatchException with every problem found
     * @throws IllegalStateException if the jars of Netty on the class path are of several versions, or older than 4.1.118
     */
    public CertWatch build() {
        Problems found = new Problems(problems);
        found.positive("interval", interval);
        found.positive("shortestInterval", shortestInterval);
        Duration spread = firstSweep == null ? spread() : firstSweep;
        found.notNegative("firstSweep", spread);
        found.positive("recheck", recheck);
        found.positive("discovery", discovery);
        found.positive("resolveTimeout", resolveTimeout);
        found.positive("connectTimeout", connectTimeout);
        found.positive("negotiateTimeout", negotiateTimeout);
        found.positive("handshakeTimeout", handshakeTimeout);
        found.positive("deadline", deadline);
        found.notNegative("staleGrace", staleGrace);
        found.notNegative("repeatNotices", repeat);
        found.positive("maxInFlight", maxInFlight);
        found.positive("maxPerHost", maxPerHost);
        found.positive("maxAddresses", maxAddresses);
        found.positive("failuresBeforeNotice", failuresBeforeNotice);
        found.notNegative("certificateSeries", certificateSeries);
        checkTargets(found);
        found.throwIfAny();
        CertWatchConfig config = new CertWatchConfig(
                targets,
                new CertWatchConfig.Probing(
                        resolveTimeout,
                        connectTimeout,
                        negotiateTimeout,
                        handshakeTimeout,
                        deadline,
                        maxAddresses,
                        checkClock,
                        nativeTls),
                new CertWatchConfig.Schedule(
                        interval,
                        shortestInterval.compareTo(interval) < 0 ? shortestInterval : interval,
                        spread.compareTo(interval) < 0 ? spread : interval,
                        recheck.compareTo(interval) < 0 ? recheck : interval,
                        discovery,
                        maxInFlight,
                        maxPerHost),
                new CertWatchConfig.Judging(trust, thresholds, revocation, staleGrace, mutes, keepCertificates),
                new CertWatchConfig.Notices(repeat, failuresBeforeNotice),
                new CertWatchConfig.Exposure(certificateSeries));
        return new CertWatch(config, clock, resolver, listeners);
    }

    private Duration spread() {
        long probes = 0;
        for (CertTarget target : targets) {
            probes += target instanceof TargetSet ? PROBES_OF_A_SET : 1;
        }
        Duration paced = PACE.multipliedBy(probes);
        return paced.compareTo(LONGEST_SPREAD) < 0 ? paced : LONGEST_SPREAD;
    }

    private void checkTargets(Problems found) {
        Set<String> names = new HashSet<>();
        LabelNames labels = new LabelNames();
        for (CertTarget target : targets) {
            try {
                labels.add(target);
            } catch (IllegalArgumentException e) {
                found.add("targets: " + e.getMessage());
            }
            if (!names.add(target.name())) {
                found.add("targets: \"" + target.name()
                        + "\" twice (expected: different names, which name=... in the URL or named(...) gives)");
            }
        }
    }
}
