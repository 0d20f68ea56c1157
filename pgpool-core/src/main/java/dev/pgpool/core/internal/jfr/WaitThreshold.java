package dev.pgpool.core.internal.jfr;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jfr.SettingControl;

/**
 * How long a wait must be to be recorded: a number and {@code ns}, {@code us}, {@code ms} or {@code s}, 10 ms where nothing
 * says it. What can't be read is ignored, as Flight Recorder does it. Made by Flight Recorder, which calls it under a lock.
 */
public final class WaitThreshold extends SettingControl {
    static final String NAME = "waitThreshold";

    private static final Duration DEFAULT = Duration.ofMillis(10);
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*(ns|us|ms|s)");
    private static final Map<String, TimeUnit> UNITS = Map.of(
            "ns", TimeUnit.NANOSECONDS,
            "us", TimeUnit.MICROSECONDS,
            "ms", TimeUnit.MILLISECONDS,
            "s", TimeUnit.SECONDS);

    private volatile long nanos = DEFAULT.toNanos();

    long nanos() {
        return nanos;
    }

    /** Several recordings get what the most curious of them wants. */
    @Override
    public String combine(Set<String> values) {
        return values.stream().mapToLong(WaitThreshold::read).min().orElse(DEFAULT.toNanos()) + " ns";
    }

    @Override
    public void setValue(String value) {
        nanos = read(value);
    }

    @Override
    public String getValue() {
        return nanos + " ns";
    }

    private static long read(String value) {
        Matcher matcher = FORM.matcher(value.trim());
        TimeUnit unit = matcher.matches() ? UNITS.get(matcher.group(2)) : null;
        return unit == null ? DEFAULT.toNanos() : unit.toNanos(Long.parseLong(matcher.group(1)));
    }
}
