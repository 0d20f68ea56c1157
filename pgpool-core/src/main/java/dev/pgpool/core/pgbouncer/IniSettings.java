package dev.pgpool.core.pgbouncer;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Values by key, read as what they are; what can't be is among the problems, and its default goes on. */
final class IniSettings {
    private static final Set<String> YES = Set.of("1", "on", "yes", "true");
    private static final Set<String> NO = Set.of("0", "off", "no", "false");
    private static final Duration NEVER = Duration.ofDays(365);
    private static final BigDecimal LONGEST = BigDecimal.valueOf(NEVER.toSeconds());
    /** What stands for a number of a database or user that is not given. */
    private static final String UNSET = "-1";

    private static final Set<String> NUMBERS = Set.of(
            "pool_size",
            "min_pool_size",
            "reserve_pool_size",
            "reserve_pool",
            "max_db_connections",
            "max_db_client_connections",
            "max_user_connections",
            "max_user_client_connections",
            "server_lifetime",
            "query_timeout",
            "query_wait_timeout",
            "idle_transaction_timeout",
            "transaction_timeout",
            "client_idle_timeout");

    private final Map<String, Value> values;
    private final List<String> problems;

    IniSettings(Map<String, Value> values, List<String> problems) {
        this.values = values;
        this.problems = problems;
    }

    /**
     * The settings of a database or a user, over those for all: a number that is -1 is not given, as in PgBouncer.
     *
     * @param pairs of the connect string
     */
    static IniSettings own(Map<String, Value> pairs, List<String> problems) {
        Map<String, Value> given = new LinkedHashMap<>(pairs);
        NUMBERS.forEach(name ->
                given.computeIfPresent(name, (key, value) -> value.text().equals(UNSET) ? null : value));
        return new IniSettings(given, problems);
    }

    /** What is given, null if nothing is. */
    @Nullable
    Value given(String key) {
        return values.get(key);
    }

    boolean has(String key) {
        Value value = values.get(key);
        return value != null && !value.text().isEmpty();
    }

    Optional<String> text(String key) {
        return has(key) ? Optional.of(value(key).text()) : Optional.empty();
    }

    /** What is given, else what holds without. */
    String text(String key, String otherwise) {
        Value value = values.get(key);
        return value == null ? otherwise : value.text();
    }

    Optional<Path> file(String key) {
        return text(key).map(Path::of);
    }

    List<String> names(String key) {
        return text(key, "").isBlank()
                ? List.of()
                : Arrays.stream(text(key, "").split(",", -1)).map(String::strip).toList();
    }

    int integer(String key, int otherwise, int min, int max) {
        return integer(key, min, max).orElse(otherwise);
    }

    OptionalInt integer(String key, int min, int max) {
        Value value = values.get(key);
        if (value == null) {
            return OptionalInt.empty();
        }
        try {
            int number = Integer.parseInt(value.text());
            if (number >= min && number <= max) {
                return OptionalInt.of(number);
            }
        } catch (NumberFormatException e) {
            // said below
        }
        problems.add(value.problem("a whole number, " + min + " to " + max));
        return OptionalInt.empty();
    }

    boolean bool(String key, boolean otherwise) {
        Value value = values.get(key);
        if (value == null) {
            return otherwise;
        }
        String text = value.text().toLowerCase(Locale.ROOT);
        if (!YES.contains(text) && !NO.contains(text)) {
            problems.add(value.problem("0 or 1"));
        }
        return YES.contains(text);
    }

    Duration seconds(String key, Duration otherwise) {
        return seconds(key).orElse(otherwise);
    }

    Optional<Duration> seconds(String key) {
        Value value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        try {
            BigDecimal number = new BigDecimal(value.text());
            if (number.signum() >= 0 && number.compareTo(LONGEST) <= 0) {
                return Optional.of(
                        Duration.ofNanos(number.movePointRight(9).toBigInteger().longValueExact()));
            }
        } catch (NumberFormatException e) {
            // said below
        }
        problems.add(value.problem("seconds without a unit, 0 to " + LONGEST));
        return Optional.empty();
    }

    /** As {@link #seconds(String, Duration)}, where 0 stands for no limit: the longest time that there is. */
    Duration secondsOrNever(String key, Duration otherwise) {
        Duration time = seconds(key, otherwise);
        return time.isZero() ? NEVER : time;
    }

    /** As {@link #seconds(String, Duration)}, for what can't be without a time. */
    Duration positiveSeconds(String key, Duration otherwise) {
        Duration time = seconds(key, otherwise);
        Value value = values.get(key);
        if (time.isZero() && value != null) {
            problems.add(value.problem("more than 0 seconds"));
            return otherwise;
        }
        return time;
    }

    /** One of an enum's, in lower case with hyphens. */
    <E extends Enum<E>> E oneOf(String key, Class<E> type, E otherwise) {
        return oneOf(key, type).orElse(otherwise);
    }

    <E extends Enum<E>> Optional<E> oneOf(String key, Class<E> type) {
        Value value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        for (E candidate : type.getEnumConstants()) {
            if (spelled(candidate).equals(value.text().toLowerCase(Locale.ROOT))) {
                return Optional.of(candidate);
            }
        }
        problems.add(value.problem("one of "
                + Arrays.stream(type.getEnumConstants())
                        .map(IniSettings::spelled)
                        .collect(Collectors.joining(", "))));
        return Optional.empty();
    }

    static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Everything that is given must be among these. */
    void allowOnly(Set<String> keys) {
        values.forEach((key, value) -> {
            if (!keys.contains(key)) {
                problems.add(value.where() + ": " + value.key() + ": no such key (expected: one of "
                        + keys.stream().sorted().collect(Collectors.joining(", ")) + ")");
            }
        });
    }

    void problem(String key, String expected) {
        problem(problems, key, expected);
    }

    /** What is wrong with a value that may have secrets in it. */
    void secretProblem(String key, String what) {
        problems.add(value(key).where() + ": " + key + ": " + what);
    }

    /** As {@link #problem(String, String)}, into another list. */
    void problem(List<String> list, String key, String expected) {
        list.add(value(key).problem(expected));
    }

    private Value value(String key) {
        Value value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException(key + " is not given");
        }
        return value;
    }
}
