package dev.pgpool.core.internal.params;

import dev.pgpool.core.internal.sql.TextForm;
import dev.pgpool.core.internal.wire.KeyedHash;
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

    static final String CLIENT_ENCODING = "client_encoding";
    private static final String SEARCH_PATH = "search_path";
    private static final String TEMPORARY_SCHEMA = "pg_temp";

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
     * The SQL that takes a server from this state to the wanted one, or null if there is nothing to do; see
     * {@link ParameterChanges}.
     */
    public @Nullable String changesTo(SessionParameters wanted) {
        return ParameterChanges.between(this, wanted);
    }

    /** As {@link #changesTo}, in one message or two, each of which a server can report in the encoding that it then has. */
    public List<String> stepsTo(SessionParameters wanted) {
        return ParameterChanges.steps(this, wanted);
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
