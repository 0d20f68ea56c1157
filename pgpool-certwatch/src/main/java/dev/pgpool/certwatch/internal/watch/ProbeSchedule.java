package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.CertWatchConfig.Schedule;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.TargetSet;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;

/**
 * When a target is probed next. Each has a phase of its own within the interval, from a hash of its name, so probes are
 * spread evenly and stay so over restarts; a little jitter keeps two watches of the same targets from probing at the same moments.
 * Confined to the timeline.
 */
final class ProbeSchedule {

    private static final double JITTER = 0.05;
    /** A certificate is probed this many times at least before it ends. */
    private static final int PROBES_BEFORE_END = 20;

    private static final int MAX_RECHECKS = 2;

    private final Schedule schedule;
    private final Duration interval;
    private final boolean set;
    private final SplittableRandom random;
    private final double phase;
    private int rechecksLeft;
    private Level lastLevel = Level.OK;

    ProbeSchedule(Schedule schedule, CertTarget target) {
        this.schedule = schedule;
        Duration own = target.policy().interval();
        // The interval of a set is that of its members.
        this.set = target instanceof TargetSet;
        this.interval = set ? schedule.discovery() : own == null ? schedule.interval() : own;
        long hash = mix(target.name().hashCode());
        this.phase = (hash >>> 11) * 0x1.0p-53;
        this.random = new SplittableRandom(hash);
    }

    /** Spreads the bits of similar names (murmur3's finalizer). */
    private static long mix(long value) {
        long z = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return z ^ (z >>> 33);
    }

    /** Delay of the first probe. What a set stands for is to be known at once. */
    long firstNanos() {
        if (set) {
            return 0;
        }
        Duration spread = schedule.firstSweep().compareTo(interval) < 0 ? schedule.firstSweep() : interval;
        return (long) (spread.toNanos() * phase);
    }

    /**
     * Delay of the probe after a report.
     *
     * @param sinceStartNanos time since the watch was started
     */
    long nextNanos(CertReport report, Instant now, long sinceStartNanos) {
        long delay = toNextSlot(interval.toNanos(), sinceStartNanos);
        Duration remaining = report.remaining(now);
        if (remaining != null && !remaining.isNegative()) {
            // Compared as durations: certificates without an end, until the year 9999, overflow nanoseconds.
            Duration share = remaining.dividedBy(PROBES_BEFORE_END);
            if (share.compareTo(Duration.ofNanos(delay)) < 0) {
                delay = Math.min(
                        delay,
                        Math.max(share.toNanos(), schedule.shortestInterval().toNanos()));
            }
        }
        if (report.level().compareTo(lastLevel) > 0) {
            rechecksLeft = MAX_RECHECKS;
        }
        lastLevel = report.level();
        if (rechecksLeft > 0 && report.level() != Level.OK) {
            rechecksLeft--;
            delay = Math.min(delay, schedule.recheck().toNanos());
        }
        return delay + (long) (delay * JITTER * (random.nextDouble() - 0.5));
    }

    /** To the next moment of our phase that is at least half an interval away. */
    private long toNextSlot(long turn, long sinceStartNanos) {
        long earliest = sinceStartNanos + turn / 2;
        long offset = (long) (turn * phase);
        long turns = Math.floorDiv(earliest - offset, turn) + 1;
        return offset + turns * turn - sinceStartNanos;
    }
}
