package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.finding.Mute;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is particular to one target, whatever its kind.
 *
 * @param thresholds own thresholds; absent to use those of the watch
 * @param interval time between two probes; absent to use that of the watch
 * @param labels further labels such as {@code team}, in order of their names; they go into meters, notices and JSON
 * @param mutes kinds of findings that do not count here, besides those muted for the whole watch
 */
public record TargetPolicy(
        @Nullable Thresholds thresholds, @Nullable Duration interval, Map<String, String> labels, List<Mute> mutes) {

    /** At most so many labels of one target. */
    public static final int MAX_LABELS = 8;

    /** At most so many characters of a label's value. */
    public static final int MAX_LABEL_LENGTH = 128;

    /** All as the watch has it. */
    public static final TargetPolicy DEFAULT = new TargetPolicy(null, null, Map.of(), List.of());

    private static final Pattern LABEL_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]{0,63}");

    /** Labels of our own meters, and those that Prometheus gives a meaning. */
    private static final Set<String> RESERVED = Set.of(
            "instance",
            "kind",
            "code",
            "version",
            "outcome",
            "fingerprint_sha256",
            "subject",
            "issuer",
            "subjectalternative",
            "serialnumber",
            "serial",
            "role",
            "path",
            "le",
            "quantile");

    public TargetPolicy {
        if (interval != null && (interval.isNegative() || interval.isZero())) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: > 0)");
        }
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        if (labels.size() > MAX_LABELS) {
            throw new IllegalArgumentException("labels: " + labels.size() + " (expected: at most " + MAX_LABELS + ")");
        }
        labels.forEach(TargetPolicy::requireLabel);
        mutes = List.copyOf(mutes);
    }

    /** Refuses what cannot be the name of a target. */
    static void requireName(String name) {
        if (requireNonNull(name, "name").isBlank()) {
            throw new IllegalArgumentException("name: \"\" (expected: not blank)");
        }
    }

    /** Refuses what cannot be a label. */
    static void requireLabel(String name, String value) {
        requireNonNull(value, "value");
        if (!LABEL_NAME.matcher(name).matches() || name.startsWith("__") || RESERVED.contains(name)) {
            throw new IllegalArgumentException("label name: \"" + printable(name)
                    + "\" (expected: letters, digits and underscores, and none of "
                    + RESERVED.stream().sorted().toList() + ")");
        }
        if (value.length() > MAX_LABEL_LENGTH || value.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("label " + name + ": " + value.length()
                    + " characters (expected: at most " + MAX_LABEL_LENGTH + " and no control characters)");
        }
    }

    private static String printable(String text) {
        String start = text.length() <= 64 ? text : text.substring(0, 64) + "...";
        return start.replaceAll("\\p{Cntrl}", "?");
    }

    /** The same with own thresholds. */
    public TargetPolicy withThresholds(@Nullable Thresholds other) {
        return new TargetPolicy(other, interval, labels, mutes);
    }

    /** The same with an interval of its own. */
    public TargetPolicy withInterval(@Nullable Duration other) {
        return new TargetPolicy(thresholds, other, labels, mutes);
    }

    /** The same with one more label, or another value of one. */
    public TargetPolicy withLabel(String name, String value) {
        Map<String, String> more = new TreeMap<>(labels);
        more.put(name, value);
        return new TargetPolicy(thresholds, interval, more, mutes);
    }

    /** The same with one more kind of finding muted. */
    public TargetPolicy withMute(Mute mute) {
        List<Mute> more = new ArrayList<>(mutes);
        more.add(mute);
        return new TargetPolicy(thresholds, interval, labels, more);
    }
}
