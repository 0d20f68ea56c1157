package dev.pgpool.core.pgbouncer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The section [databases]. */
final class DatabaseEntries {
    private DatabaseEntries() {}

    /**
     * The entries of all databases, out of their connect strings.
     *
     * @param unfit where it is said what settings of TLS lack of others
     */
    static Map<String, DatabaseEntry> read(
            Map<String, Value> section, IniSettings all, List<String> problems, List<String> unfit) {
        Map<String, DatabaseEntry> entries = new LinkedHashMap<>();
        section.forEach((name, value) -> {
            if (name.equals("pgbouncer") || name.equals("pgpool")) {
                problems.add(
                        value.where() + ": " + name + ": a database (expected: another name, this is the console)");
                return;
            }
            Map<String, Value> pairs = ConnectString.parse(value, problems);
            if (AuthKeys.needsUsers(all) && !pairs.containsKey("user")) {
                problems.add(value.where() + ": " + name
                        + ": no user (expected: user=..., as whom everybody gets in with auth_type any)");
            }
            entries.put(name, new DatabaseEntry(all, IniSettings.own(pairs, problems), unfit));
        });
        return entries;
    }
}
