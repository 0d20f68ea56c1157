package dev.pgpool.core.internal.params;

import dev.pgpool.core.internal.sql.TextForm;
import dev.pgpool.core.internal.wire.KeyedHash;
import dev.pgpool.core.internal.wire.RawText;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settable parameters of a session: those that the server reports, and those that the client gave at start-up. Names
 * and values are {@link dev.pgpool.core.internal.wire.RawText} in the encoding of the database, the values as the server
 * spells them.
 *
 * <p>Immutable and interned by {@link ParameterRegistry}: two sessions of a pool agree exactly if they hold the same
 * object, so the hot path compares references.
 */
public final class SessionParameters {
    /** Reported, but not to be set in a session. */
    private static final Set<String> READ_ONLY = Set.of(
            "in_hot_standby",
            "integer_datetimes",
            "is_superuser",
            "server_encoding",
            "server_version",
            "session_authorization");

    /** Reported by newer servers (PostgreSQL 16), unknown to older ones, which a pool may have, too. */
    private static final String SCRAM_ITERATIONS = "scram_iterations";

    private static final String CLIENT_ENCODING = "client_encoding";
    private static final String SEARCH_PATH = "search_path";
    private static final String TEMPORARY_SCHEMA = "pg_temp";
    /** The encoding that is none: nothing is converted. */
    private static final String UNCONVERTED = "SQL_ASCII";
    /** Encodings in which every value can be told. */
    private static final Set<String> HOLDS_ALL = Set.of("UTF8", UNCONVERTED);

    static final SessionParameters EMPTY = new SessionParameters(new String[0], new String[0]);

    /** Sorted by lower-case name. */
    private final String[] names;

    private final String[] values;
    private final int hash;
    private final List<String> foreignLimits;
    private final TextForm textForm;
    private final boolean temporaryPath;
    private @Nullable SessionParameters meaning;

    private SessionParameters(String[] names, String[] values) {
        this.names = names;
        this.values = values;
        // clients choose what is in them
        this.hash = KeyedHash.of(names, values);
        this.foreignLimits = ForeignLimits.of(this);
        this.textForm = TextForm.of("off".equals(get("standard_conforming_strings")), get(CLIENT_ENCODING));
        String path = get(SEARCH_PATH);
        this.temporaryPath = path != null && path.toLowerCase(Locale.ROOT).contains(TEMPORARY_SCHEMA);
    }

    static SessionParameters of(Map<String, String> settings) {
        TreeMap<String, String> sorted = new TreeMap<>(AsciiOrder.INSTANCE);
        sorted.putAll(settings);
        return new SessionParameters(
                sorted.keySet().toArray(new String[0]), sorted.values().toArray(new String[0]));
    }

    /** Whether a reported parameter can be set in a session and so belongs here. */
    public static boolean isSettable(String name) {
        return !READ_ONLY.contains(name);
    }

    /**
     * The parameters that may decide what the text of a statement means: client_encoding, TimeZone, search_path and
     * whatever else is not known to be {@link NeutralParameters}. Interned like this.
     */
    public SessionParameters meaning() {
        SessionParameters known = meaning;
        return known == null ? this : known;
    }

    /** How a text is to be read that comes from a session with these parameters. */
    public TextForm textForm() {
        return textForm;
    }

    /** Whether an object may be temporary that is created without a schema: {@code pg_temp} is on the search_path. */
    public boolean isTemporaryPath() {
        return temporaryPath;
    }

    /** The parameters that must not stay on a server that its client gives back; empty for nearly all. */
    public List<String> foreignLimits() {
        return foreignLimits;
    }

    /** Before it is published by the registry. */
    void means(SessionParameters what) {
        meaning = what;
    }

    /** The value of a parameter, by its name in any case; null if the session has no opinion. */
    public @Nullable String get(String name) {
        int i = Arrays.binarySearch(names, name, AsciiOrder.INSTANCE);
        return i < 0 ? null : values[i];
    }

    /** Whether the session has an opinion on a parameter. */
    public boolean has(String name) {
        return get(name) != null;
    }

    /** The names, in order; those of {@link #get}. */
    public List<String> names() {
        return List.of(names);
    }

    /** A copy as a map from name to value. */
    public Map<String, String> toMap() {
        Map<String, String> map = new TreeMap<>(AsciiOrder.INSTANCE);
        for (int i = 0; i < names.length; i++) {
            map.put(names[i], values[i]);
        }
        return map;
    }

    /** This with other values and names, not interned. */
    SessionParameters with(Map<String, String> overrides) {
        Map<String, String> merged = toMap();
        merged.putAll(overrides);
        return of(merged);
    }

    /**
     * The SQL that takes a server from this state to the wanted one, or null if there is nothing to do. Values go through
     * {@code set_config}, which reads them exactly as a start-up packet is read, lists included; a parameter that the
     * wanted state has no opinion on returns to the server's default.
     */
    public @Nullable String changesTo(SessionParameters wanted) {
        StringBuilder sql = new StringBuilder();
        String role = null;
        for (int i = 0; i < wanted.names.length; i++) {
            if (!wanted.values[i].equals(get(wanted.names[i]))) {
                String call = SqlText.setTo(wanted.names[i], wanted.values[i]);
                if (wanted.names[i].equalsIgnoreCase(SCRAM_ITERATIONS)) {
                    call = SqlText.ifListed(SCRAM_ITERATIONS, call);
                }
                if (wanted.names[i].equalsIgnoreCase("role")) {
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
        for (String name : names) {
            if (wanted.get(name) == null) {
                sql.append(sql.length() == 0 ? "" : ";").append(resetOf(name));
            }
        }
        return sql.length() == 0 ? null : sql.toString();
    }

    private static String resetOf(String name) {
        return name.equalsIgnoreCase(SCRAM_ITERATIONS)
                ? "SELECT " + SqlText.ifListed(SCRAM_ITERATIONS, SqlText.toDefault(SCRAM_ITERATIONS))
                : SqlText.reset(name);
    }

    /**
     * As {@link #changesTo}, in one message or two. A server that can't tell a value in the client's encoding does not come to
     * an end with that, so what it has to report it reports before it has that encoding.
     */
    public List<String> stepsTo(SessionParameters wanted) {
        String encoding = wanted.get(CLIENT_ENCODING);
        if (encoding != null && !HOLDS_ALL.contains(encoding.toUpperCase(Locale.ROOT)) && !isAsciiUpTo(wanted)) {
            String first = changesTo(wanted.with(Map.of(CLIENT_ENCODING, UNCONVERTED)));
            return first == null ? List.of() : List.of(first, "SELECT " + SqlText.set(CLIENT_ENCODING, encoding));
        }
        String sql = changesTo(wanted);
        return sql == null ? List.of() : List.of(sql);
    }

    private boolean isAsciiUpTo(SessionParameters wanted) {
        for (int i = 0; i < wanted.names.length; i++) {
            if (!RawText.isAscii(wanted.values[i]) && !wanted.values[i].equals(get(wanted.names[i]))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SessionParameters that
                && hash == that.hash
                && Arrays.equals(names, that.names)
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return toMap().toString();
    }
}
