package dev.pgpool.backup.internal.restore;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestorePart.Content;
import dev.pgpool.backup.restore.RestorePart.NewName;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A table or a schema that gets another name. pg_restore knows no such thing, and the names in an archive are text inside of
 * statements. So the part is restored into a database of its own under its own name, renamed there by the server, which follows
 * every reference that it knows, and dumped from there for the target.
 */
final class RenamedPart {

    private static final int LONGEST_NAME = 63;

    /** A part that is renamed, what it is in {@code ALTER}, and its present schema and name. */
    private record Member(String kind, String schema, String name) {

        String qualified() {
            return identifier(schema) + "." + identifier(name);
        }
    }

    private final RestorePart part;
    private final NewName newName;

    /** A part with a new name. */
    RenamedPart(RestorePart part) {
        this.part = part;
        this.newName = Objects.requireNonNull(part.newName());
    }

    /** What is restored at first: definitions too, since only what exists can be renamed. */
    RestorePart original() {
        return new RestorePart(
                part.schemas(),
                part.tables(),
                part.content() == Content.DEFINITIONS ? Content.DEFINITIONS : Content.ALL,
                null);
    }

    /** What is restored into the target afterwards. */
    RestorePart renamed() {
        String table = newName.table();
        return new RestorePart(
                table == null ? List.of(newName.schema()) : List.of(),
                table == null ? List.of() : List.of(new RestorePart.Table(newName.schema(), table)),
                part.content(),
                null);
    }

    /** Whether rows of a table go into one that exists. */
    boolean isRowsOfTable() {
        return part.content() == Content.DATA && newName.table() != null;
    }

    /**
     * Makes sure that the target has room for the part, or for rows only a place.
     *
     * @throws BackupException with RESTORE_REFUSED
     */
    void requirePlace(Connection target, String where) throws SQLException {
        String table = newName.table();
        boolean rows = part.content() == Content.DATA;
        String schema = literal(newName.schema());
        String found;
        if (table == null) {
            found = Sessions.value(target, "SELECT 'schema' FROM pg_catalog.pg_namespace WHERE nspname = " + schema);
        } else if (rows) {
            found = Sessions.value(
                    target,
                    "SELECT 'table' FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                            + " WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname = " + schema + " AND c.relname = "
                            + literal(table));
        } else {
            found = Sessions.value(
                    target,
                    "SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index'"
                            + " WHEN 'I' THEN 'index' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END FROM"
                            + " pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE"
                            + " n.nspname = " + schema + " AND c.relname = " + literal(table)
                            + " UNION ALL SELECT 'type' FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid ="
                            + " t.typnamespace WHERE n.nspname = " + schema + " AND t.typname = " + literal(table)
                            + " AND t.typelem = 0 LIMIT 1");
        }
        if (rows && found == null) {
            throw refused(where + " has no " + (table == null ? "schema " : "table ") + newName
                    + " (expected: one that rows can be put into)");
        }
        if (!rows && found != null) {
            throw refused(where + " has " + (found.startsWith("i") ? "an " : "a ") + found + " " + newName
                    + " already (expected: a name that is free)");
        }
    }

    /** Names that indexes, sequences, partitions and statistics of the part cannot have in the target, by schema. */
    Map<String, Set<String>> taken(Connection target) throws SQLException {
        Map<String, Set<String>> taken = new HashMap<>();
        if (newName.table() == null || part.content() == Content.DATA) {
            return taken;
        }
        for (var row : Sessions.rows(
                target,
                "SELECT n.nspname, x.name FROM (SELECT relnamespace, relname FROM pg_catalog.pg_class UNION ALL SELECT"
                        + " typnamespace, typname FROM pg_catalog.pg_type UNION ALL SELECT stxnamespace, stxname FROM"
                        + " pg_catalog.pg_statistic_ext) x (schema, name) JOIN pg_catalog.pg_namespace n ON n.oid ="
                        + " x.schema WHERE n.nspname !~ '^pg_'")) {
            taken.computeIfAbsent(String.valueOf(row.get(0)), schema -> new HashSet<>())
                    .add(String.valueOf(row.get(1)));
        }
        return taken;
    }

    /**
     * Gives the part its name where it was restored, in one transaction.
     *
     * @param taken names that the target has
     * @return what else got another name
     * @throws BackupException with RESTORE_REFUSED if it cannot be renamed
     */
    List<String> rename(Connection scratch, Map<String, Set<String>> taken) throws SQLException {
        scratch.setAutoCommit(false);
        List<String> notes = newName.table() == null ? renameSchema(scratch) : renameTable(scratch, taken);
        scratch.commit();
        return notes;
    }

    private List<String> renameSchema(Connection scratch) throws SQLException {
        String schema = part.schemas().get(0);
        String extensions = Sessions.value(
                scratch,
                "SELECT pg_catalog.string_agg(extname, ', ') FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n"
                        + " ON n.oid = e.extnamespace WHERE n.nspname = " + literal(schema));
        if (extensions != null) {
            throw refused("schema \"" + schema + "\" cannot become " + newName + ": what is in it needs extensions ("
                    + extensions + ") that are in it, too (expected: a part of one table)");
        }
        Sessions.execute(scratch, "ALTER SCHEMA " + identifier(schema) + " RENAME TO " + identifier(newName.schema()));
        return List.of();
    }

    private List<String> renameTable(Connection scratch, Map<String, Set<String>> taken) throws SQLException {
        RestorePart.Table table = part.tables().get(0);
        String to = Objects.requireNonNull(newName.table());
        Map<String, Set<String>> used = new HashMap<>();
        taken.forEach((schema, names) -> used.put(schema, new HashSet<>(names)));
        used.computeIfAbsent(newName.schema(), schema -> new HashSet<>()).add(to);
        List<String> notes = new ArrayList<>();
        List<Member> moved = new ArrayList<>();
        lock(scratch, table);
        List<Member> members = members(scratch, table);
        for (Member member : members) {
            boolean moves = member.schema().equals(table.schema());
            String schema = moves ? newName.schema() : member.schema();
            Set<String> others = used.computeIfAbsent(schema, any -> new HashSet<>());
            String name = free(member.name(), table.name(), to, others, members);
            others.add(name);
            if (!name.equals(member.name())) {
                Sessions.execute(
                        scratch,
                        "ALTER " + member.kind() + " " + member.qualified() + " RENAME TO " + identifier(name));
                notes.add(member.kind().toLowerCase(Locale.ROOT) + " \"" + member.schema() + "\".\"" + member.name()
                        + "\" is restored as \"" + schema + "\".\"" + name + "\"");
            }
            // Indexes and sequences follow their table by themselves.
            if (moves
                    && !schema.equals(member.schema())
                    && Set.of("TABLE", "STATISTICS").contains(member.kind())) {
                moved.add(new Member(member.kind(), member.schema(), name));
            }
        }
        if (!table.name().equals(to)) {
            Sessions.execute(
                    scratch,
                    "ALTER TABLE " + identifier(table.schema()) + "." + identifier(table.name()) + " RENAME TO "
                            + identifier(to));
        }
        if (!table.schema().equals(newName.schema())) {
            Sessions.execute(scratch, "CREATE SCHEMA IF NOT EXISTS " + identifier(newName.schema()));
            moved.add(new Member("TABLE", table.schema(), to));
            for (Member member : moved) {
                Sessions.execute(
                        scratch,
                        "ALTER " + member.kind() + " " + member.qualified() + " SET SCHEMA "
                                + identifier(newName.schema()));
            }
        }
        return notes;
    }

    /**
     * The table with its partitions, before anything of it changes: an ANALYZE of PostgreSQL's own that has the table waits for the
     * rows of its renamed indexes, and we would wait for the table.
     */
    private static void lock(Connection scratch, RestorePart.Table table) throws SQLException {
        String lockable = Sessions.value(
                scratch,
                "SELECT 'table' FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE"
                        + " c.relkind IN ('r', 'p') AND n.nspname = " + literal(table.schema()) + " AND c.relname = "
                        + literal(table.name()));
        if (lockable != null) {
            Sessions.execute(
                    scratch,
                    "LOCK TABLE " + identifier(table.schema()) + "." + identifier(table.name())
                            + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    /** Partitions of a table at all levels, and indexes, sequences and extended statistics of all of them and of itself. */
    private static List<Member> members(Connection scratch, RestorePart.Table table) throws SQLException {
        List<Member> members = new ArrayList<>();
        Sessions.rows(
                        scratch,
                        "WITH RECURSIVE all_of (oid, root) AS (SELECT c.oid, true FROM pg_catalog.pg_class c JOIN"
                                + " pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = "
                                + literal(table.schema()) + " AND c.relname = " + literal(table.name())
                                + " UNION ALL SELECT i.inhrelid, false FROM all_of a JOIN pg_catalog.pg_inherits i ON"
                                + " i.inhparent = a.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND"
                                + " c.relispartition), relations (kind, oid) AS (SELECT 'TABLE', oid FROM all_of WHERE NOT"
                                + " root UNION ALL SELECT 'INDEX', i.indexrelid FROM all_of a JOIN pg_catalog.pg_index i ON"
                                + " i.indrelid = a.oid UNION ALL SELECT 'SEQUENCE', d.objid FROM all_of a JOIN"
                                + " pg_catalog.pg_depend d ON d.refobjid = a.oid AND d.refclassid ="
                                + " 'pg_catalog.pg_class'::pg_catalog.regclass AND d.classid ="
                                + " 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') JOIN"
                                + " pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S') SELECT r.kind, n.nspname,"
                                + " c.relname FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN"
                                + " pg_catalog.pg_namespace n ON n.oid = c.relnamespace UNION ALL SELECT 'STATISTICS',"
                                + " n.nspname, s.stxname FROM pg_catalog.pg_statistic_ext s JOIN all_of a ON a.oid ="
                                + " s.stxrelid JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace ORDER BY 1, 2, 3")
                .forEach(row -> members.add(new Member(
                        String.valueOf(row.get(0)), String.valueOf(row.get(1)), String.valueOf(row.get(2)))));
        return members;
    }

    /** The name itself if it is free, else with the table's new name in it, else with a number. */
    private static String free(String name, String table, String newTable, Set<String> used, List<Member> members) {
        if (!used.contains(name)) {
            return name;
        }
        Set<String> present = new HashSet<>(used);
        members.forEach(member -> present.add(member.name()));
        String base = name.startsWith(table + "_") ? newTable + name.substring(table.length()) : name;
        String candidate = shortened(base, "");
        for (int i = 1; present.contains(candidate); i++) {
            candidate = shortened(base, "_" + i);
        }
        return candidate;
    }

    /** At most as many bytes as a name may have; whole characters. */
    private static String shortened(String base, String end) {
        StringBuilder text = new StringBuilder(base);
        while ((text + end).getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            text.setLength(text.offsetByCodePoints(text.length(), -1));
        }
        return text + end;
    }

    private static BackupException refused(String message) {
        return new BackupException(FailureReason.RESTORE_REFUSED, message);
    }
}
