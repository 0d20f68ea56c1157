package dev.pgpool.core.internal.params;

import dev.pgpool.core.internal.wire.RawText;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The SQL that takes a server from one state of its parameters to another. Values go through {@code set_config}, which reads
 * them exactly as a start-up packet is read, lists included; a parameter that the wanted state has no opinion on returns to
 * the server's default.
 */
final class ParameterChanges {
    /** Reported by newer servers (PostgreSQL 16), unknown to older ones, which a pool may have, too. */
    private static final String SCRAM_ITERATIONS = "scram_iterations";

    /** The encoding that is none: nothing is converted. */
    private static final String UNCONVERTED = "SQL_ASCII";
    /** Encodings in which every value can be told. */
    private static final Set<String> HOLDS_ALL = Set.of("UTF8", UNCONVERTED);

    private ParameterChanges() {}

    /** All in one message; null if there is nothing to do. */
    static @Nullable String between(SessionParameters present, SessionParameters wanted) {
        StringBuilder sql = new StringBuilder();
        String role = null;
        for (String name : wanted.names()) {
            String value = value(wanted, name);
            if (!value.equals(present.get(name))) {
                String call = SqlText.setTo(name, value);
                if (name.equalsIgnoreCase(SCRAM_ITERATIONS)) {
                    call = SqlText.ifListed(SCRAM_ITERATIONS, call);
                }
                if (name.equalsIgnoreCase("role")) {
                    // behind session_authorization, which takes it back
                    role = call;
                } else {
                    sql.append(sql.length() == 0 ? "SELECT " : ",").append(call);
                }
            }
        }
        if (role != null) {
            sql.append(sql.length() == 0 ? "SELECT " : ",").append(role);
        }
        for (String name : present.names()) {
            if (!wanted.has(name)) {
                sql.append(sql.length() == 0 ? "" : ";").append(resetOf(name));
            }
        }
        return sql.length() == 0 ? null : sql.toString();
    }

    /**
     * In one message or two. A server that can't tell a value in the client's encoding does not come to an end with that, so
     * what it has to report it reports before it has that encoding.
     */
    static List<String> steps(SessionParameters present, SessionParameters wanted) {
        String encoding = wanted.get(SessionParameters.CLIENT_ENCODING);
        if (encoding != null
                && !HOLDS_ALL.contains(encoding.toUpperCase(Locale.ROOT))
                && !isAsciiBetween(present, wanted)) {
            String first = between(present, wanted.with(Map.of(SessionParameters.CLIENT_ENCODING, UNCONVERTED)));
            return first == null
                    ? List.of()
                    : List.of(first, "SELECT " + SqlText.set(SessionParameters.CLIENT_ENCODING, encoding));
        }
        String sql = between(present, wanted);
        return sql == null ? List.of() : List.of(sql);
    }

    private static boolean isAsciiBetween(SessionParameters present, SessionParameters wanted) {
        for (String name : wanted.names()) {
            String value = value(wanted, name);
            if (!RawText.isAscii(value) && !value.equals(present.get(name))) {
                return false;
            }
        }
        return true;
    }

    private static String resetOf(String name) {
        return name.equalsIgnoreCase(SCRAM_ITERATIONS)
                ? "SELECT " + SqlText.ifListed(SCRAM_ITERATIONS, SqlText.toDefault(SCRAM_ITERATIONS))
                : SqlText.reset(name);
    }

    private static String value(SessionParameters parameters, String name) {
        return Objects.requireNonNull(parameters.get(name));
    }
}
