package dev.pgpool.core.leaks;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a session must see: what PostgreSQL would keep for it, as far as {@link LeakClient} makes any.
 *
 * <p>{@link #view} is the row that {@link #QUERY} must return.
 */
final class SessionModel {

    /** The parameters that clients set, with the values that they choose from. */
    static final Map<String, List<String>> SETTINGS = settings();

    /** Names of temporary tables, statements, cursors and channels; all clients use the same ones. */
    static final List<String> NAMES = List.of("one", "two", "three");

    /** The keys of advisory locks. */
    static final int LOCKS = 6;

    /** One row with all that a session can have. */
    static final String QUERY = "SELECT "
            + SETTINGS.keySet().stream()
                    .map(name -> "coalesce(current_setting('" + name + "', true), '')")
                    .collect(Collectors.joining(", "))
            + ", current_user"
            + ", (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace ="
            + " pg_my_temp_schema() AND relkind = 'r')"
            + ", (SELECT string_agg(name, ',' ORDER BY name) FROM pg_prepared_statements WHERE from_sql)"
            + ", (SELECT string_agg(c, ',' ORDER BY c) FROM pg_listening_channels() c)"
            + ", (SELECT string_agg(name, ',' ORDER BY name) FROM pg_cursors WHERE is_holdable)"
            + ", (SELECT string_agg(objid::text, ',' ORDER BY objid) FROM pg_locks"
            + " WHERE locktype = 'advisory' AND pid = pg_backend_pid())";

    private final Map<String, String> defaults;
    private final Map<String, String> values = new LinkedHashMap<>();
    private String role;
    private final TreeSet<String> tables = new TreeSet<>();
    private final TreeSet<String> statements = new TreeSet<>();
    private final TreeSet<String> channels = new TreeSet<>();
    private final TreeSet<String> cursors = new TreeSet<>();
    private final TreeMap<Integer, Integer> locks = new TreeMap<>();
    private final String user;

    /** A session that begins with these settings. */
    SessionModel(String user, Map<String, String> startup) {
        this.user = user;
        this.role = user;
        this.defaults = Map.copyOf(startup);
        values.putAll(startup);
    }

    private SessionModel(SessionModel other) {
        this(other.user, other.defaults);
        values.putAll(other.values);
        role = other.role;
        tables.addAll(other.tables);
        statements.addAll(other.statements);
        channels.addAll(other.channels);
        cursors.addAll(other.cursors);
        locks.putAll(other.locks);
    }

    private static Map<String, List<String>> settings() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        // reported by the server
        all.put("TimeZone", List.of("Asia/Tokyo", "Europe/Paris", "America/Lima"));
        all.put("application_name", List.of("it's", "a \"name\"", "x"));
        all.put("IntervalStyle", List.of("iso_8601", "sql_standard"));
        all.put("DateStyle", List.of("ISO, DMY", "German, DMY", "SQL, MDY"));
        all.put("client_encoding", List.of("LATIN1", "WIN1252", "EUC_JP"));
        all.put("default_transaction_isolation", List.of("repeatable read", "serializable"));
        // not reported
        all.put("work_mem", List.of("5MB", "6MB", "7MB"));
        all.put("lock_timeout", List.of("61s", "62s"));
        all.put("statement_timeout", List.of("91s", "92s"));
        all.put("enable_seqscan", List.of("off"));
        all.put("search_path", List.of("leak_a, public", "leak_b, public", "leak_b"));
        all.put("app.tenant", List.of("blue", "green", "red"));
        all.put("app.person", List.of("alice", "bob"));
        return all;
    }

    SessionModel copy() {
        return new SessionModel(this);
    }

    void set(String name, String value) {
        values.put(name, value);
    }

    void reset(String name) {
        values.put(name, defaults.get(name));
    }

    void resetAll() {
        values.putAll(defaults);
    }

    /** {@code DISCARD ALL}. */
    void discardAll() {
        resetAll();
        role = user;
        dropAll();
    }

    /** All that is not a setting or a role. */
    void dropAll() {
        tables.clear();
        statements.clear();
        channels.clear();
        cursors.clear();
        locks.clear();
    }

    void role(String name) {
        role = name;
    }

    String role() {
        return role;
    }

    String value(String name) {
        return values.get(name);
    }

    TreeSet<String> tables() {
        return tables;
    }

    TreeSet<String> statements() {
        return statements;
    }

    TreeSet<String> channels() {
        return channels;
    }

    TreeSet<String> cursors() {
        return cursors;
    }

    Map<Integer, Integer> locks() {
        return locks;
    }

    /** Whether something is there that keeps a client on its server. */
    boolean isHeavy() {
        return !tables.isEmpty()
                || !statements.isEmpty()
                || !channels.isEmpty()
                || !cursors.isEmpty()
                || !locks.isEmpty()
                || !role.equals(user);
    }

    /** Takes everything but what a rollback doesn't undo from the state that was there before the transaction. */
    SessionModel rolledBackTo(SessionModel before) {
        SessionModel after = before.copy();
        after.statements.clear();
        after.statements.addAll(statements);
        after.locks.clear();
        after.locks.putAll(locks);
        return after;
    }

    /** The row of {@link #QUERY}, with the names of its columns for the message of a failure. */
    Map<String, String> view() {
        Map<String, String> view = new LinkedHashMap<>();
        SETTINGS.keySet().forEach(name -> view.put(name, values.get(name)));
        view.put("current_user", role);
        view.put("temporary tables", String.join(",", tables));
        view.put("prepared statements", String.join(",", statements));
        view.put("channels", String.join(",", channels));
        view.put("cursors", String.join(",", cursors));
        view.put("locks", locks.keySet().stream().map(String::valueOf).collect(Collectors.joining(",")));
        return view;
    }

    /** The same of a row that a server returned. */
    static Map<String, String> view(List<String> row) {
        Set<String> names = new SessionModel("", Map.of()).view().keySet();
        if (row.size() != names.size()) {
            throw new AssertionError(row + " (expected: a row of " + names.size() + " values)");
        }
        Map<String, String> view = new LinkedHashMap<>();
        Iterator<String> values = row.iterator();
        names.forEach(name -> {
            String value = values.next();
            view.put(name, value == null ? "" : value);
        });
        return view;
    }
}
