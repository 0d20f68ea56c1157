package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.archive.ArchiveToc.Entry;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestorePart.Content;
import dev.pgpool.backup.restore.RestoreRequest.Existing;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which entries of an archive are restored.
 *
 * @param entries their ids, in the archive's order; empty for all
 * @param outOfOrder whether rows are in another order than the archive's
 * @param extra arguments of pg_restore
 * @param leftOut what belongs to the part and cannot be taken, a line each
 */
public record ArchiveSelection(List<Integer> entries, boolean outOfOrder, List<String> extra, List<String> leftOut) {

    public static final ArchiveSelection ALL = new ArchiveSelection(List.of(), false, List.of(), List.of());

    /** Kinds that belong to what they depend on. */
    private static final Set<String> BELONGS = Set.of(
            "TABLE DATA",
            "TABLE ATTACH",
            "INDEX",
            "INDEX ATTACH",
            "STATISTICS",
            "STATISTICS DATA",
            "ROW SECURITY",
            "COMMENT",
            "ACL",
            "SECURITY LABEL",
            "SEQUENCE",
            "SEQUENCE OWNED BY",
            "SEQUENCE SET");

    /** Kinds whose tag is the table's name and their own. */
    private static final Set<String> OF_A_TABLE =
            Set.of("DEFAULT", "CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT", "TRIGGER", "RULE", "POLICY");

    /** Kinds that set the archive's session up. */
    private static final Set<String> SESSION = Set.of("ENCODING", "STDSTRINGS", "SEARCHPATH");

    public ArchiveSelection {
        entries = List.copyOf(entries);
        extra = List.copyOf(extra);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * The entries of a part.
     *
     * @param schemas of the target, which has what the part needs from outside of it; {@code null} for a new one
     * @throws BackupException with RESTORE_REFUSED if the backup has no such table or schema
     */
    public static ArchiveSelection of(
            ArchiveSource source,
            BackupManifest manifest,
            RestorePart part,
            @Nullable Set<String> schemas,
            Existing existing) {
        requireParts(manifest);
        return of(toc(source, manifest), manifest.tool().format() == DumpFormat.CUSTOM, part, schemas, existing);
    }

    private static void requireParts(BackupManifest manifest) {
        if (manifest.tool().format() == DumpFormat.PLAIN) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED, "a plain dump cannot be restored in part (expected: format CUSTOM)");
        }
    }

    /** The same of a table of contents; a tar file is not sortable, since it is read from its beginning to its end. */
    public static ArchiveSelection of(
            ArchiveToc toc, boolean sortable, RestorePart part, @Nullable Set<String> schemas, Existing existing) {
        return of(toc, sortable, part, schemas, existing, schemas != null);
    }

    /**
     * The same, also of a part that goes on from there into a database that has what it needs.
     *
     * @param refreshed whether materialized views are filled, though what they read may be empty where they are restored
     */
    private static ArchiveSelection of(
            ArchiveToc toc,
            boolean sortable,
            RestorePart part,
            @Nullable Set<String> schemas,
            Existing existing,
            boolean refreshed) {
        List<String> extra = new ArrayList<>();
        if (part.content() == Content.DATA) {
            extra.add("--data-only");
        } else if (part.content() == Content.DEFINITIONS) {
            extra.add("--schema-only");
        }
        if (schemas != null && existing == Existing.OVERWRITE) {
            extra.addAll(List.of("--clean", "--if-exists"));
        }
        return new Search(toc, schemas, sortable, refreshed).select(part, extra);
    }

    /** What is restored of a part that gets another name, into a database of its own. */
    public static ArchiveSelection ofOriginal(ArchiveSource source, BackupManifest manifest, RestorePart part) {
        requireParts(manifest);
        return of(
                toc(source, manifest),
                manifest.tool().format() == DumpFormat.CUSTOM,
                part,
                null,
                Existing.REFUSE,
                true);
    }

    /** The same without the positions of sequences: those of the target may serve other tables, too. */
    public ArchiveSelection withoutSequences(ArchiveToc toc) {
        List<Integer> kept = new ArrayList<>(entries);
        List<String> told = new ArrayList<>(leftOut);
        for (Entry entry : toc.entries()) {
            if (entry.description().equals("SEQUENCE SET") && kept.remove((Object) entry.id())) {
                told.add("position of sequence " + entry.schema() + "." + entry.tag());
            }
        }
        return new ArchiveSelection(kept, outOfOrder, extra, told);
    }

    private static ArchiveToc toc(ArchiveSource source, BackupManifest manifest) {
        try (InputStream in = source.open(manifest, manifest.data())) {
            return ArchiveToc.read(in);
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED, manifest.data().key() + ": " + e.getMessage(), e);
        }
    }

    private static final class Search {
        private final ArchiveToc toc;
        private final @Nullable Set<String> schemas;
        private final boolean sortable;
        private final boolean refreshed;
        private final Map<Integer, Entry> byId = new HashMap<>();
        private final Set<Integer> chosen = new LinkedHashSet<>();
        private final List<String> leftOut = new ArrayList<>();

        Search(ArchiveToc toc, @Nullable Set<String> schemas, boolean sortable, boolean refreshed) {
            this.sortable = sortable;
            this.refreshed = refreshed;
            this.toc = toc;
            this.schemas = schemas;
            toc.entries().forEach(entry -> byId.put(entry.id(), entry));
        }

        ArchiveSelection select(RestorePart part, List<String> extra) {
            if (part.schemas().isEmpty() && part.tables().isEmpty()) {
                chosen.addAll(byId.keySet());
            }
            part.schemas().forEach(this::schema);
            part.tables().forEach(this::table);
            // Partitions bring what belongs to them, and so on.
            int before;
            do {
                before = chosen.size();
                belongings();
                sequences();
                partitions();
            } while (chosen.size() > before);
            foreignKeys();
            materializedViews();
            if (schemas == null) {
                needs();
            }
            missingSchemas();
            List<Entry> ordered = toc.entries().stream()
                    .filter(e -> chosen.contains(e.id()) || SESSION.contains(e.description()))
                    .toList();
            List<Entry> sorted =
                    sortable && part.content() == Content.DATA ? new TableDataOrder(toc).sort(ordered) : ordered;
            return new ArchiveSelection(
                    sorted.stream().map(Entry::id).toList(), !sorted.equals(ordered), extra, leftOut);
        }

        private void schema(String name) {
            int before = chosen.size();
            for (Entry entry : toc.entries()) {
                boolean itself =
                        entry.description().equals("SCHEMA") && entry.tag().equals(name) && isMissing(name);
                if (entry.schema().equals(name) || itself) {
                    chosen.add(entry.id());
                }
            }
            if (chosen.size() == before) {
                throw new BackupException(
                        FailureReason.RESTORE_REFUSED, "the backup has no schema \"" + name + "\", or nothing in it");
            }
        }

        private boolean isPresentSchema(Entry entry) {
            return entry.description().equals("SCHEMA") && !isMissing(entry.tag());
        }

        /** A new database has the schema public, and no other. */
        private boolean isMissing(String schema) {
            return schemas == null ? !schema.equals("public") : !schemas.contains(schema);
        }

        private void table(RestorePart.Table table) {
            List<Integer> found = toc.entries().stream()
                    .filter(e -> isRelation(e)
                            && e.schema().equals(table.schema())
                            && e.tag().equals(table.name()))
                    .map(Entry::id)
                    .toList();
            if (found.isEmpty()) {
                throw new BackupException(
                        FailureReason.RESTORE_REFUSED,
                        "the backup has no table \"" + table.schema() + "\".\"" + table.name() + "\"");
            }
            chosen.addAll(found);
        }

        private static boolean isRelation(Entry entry) {
            return Set.of("TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW").contains(entry.description());
        }

        private void belongings() {
            for (Entry entry : toc.entries()) {
                if (!chosen.contains(entry.id()) && belongs(entry)) {
                    chosen.add(entry.id());
                }
            }
        }

        private boolean belongs(Entry entry) {
            if (OF_A_TABLE.contains(entry.description())) {
                return entry.dependencies().stream()
                        .filter(chosen::contains)
                        .map(byId::get)
                        .anyMatch(e -> isRelation(e)
                                && e.schema().equals(entry.schema())
                                && entry.tag().startsWith(e.tag() + " "));
            }
            return BELONGS.contains(entry.description())
                    && entry.dependencies().stream().anyMatch(chosen::contains)
                    && inItsSchema(entry)
                    && !(entry.description().endsWith(" ATTACH") && !allChosen(entry));
        }

        /** An index may need a chosen function, and be another table's. */
        private boolean inItsSchema(Entry entry) {
            return !entry.description().equals("INDEX")
                    || entry.dependencies().stream()
                            .filter(chosen::contains)
                            .map(byId::get)
                            .anyMatch(e -> isRelation(e) && e.schema().equals(entry.schema()));
        }

        /** A partition alone is a table: it is attached only to a parent that is restored, too; so are its indexes. */
        private boolean allChosen(Entry attach) {
            String kind = attach.description().substring(0, attach.description().indexOf(' '));
            return attach.dependencies().stream()
                    .map(byId::get)
                    .filter(e -> e != null && e.description().equals(kind))
                    .filter(e -> !(kind.equals("TABLE")
                            && e.schema().equals(attach.schema())
                            && e.tag().equals(attach.tag())))
                    .allMatch(e -> chosen.contains(e.id()));
        }

        private void partitions() {
            for (Entry entry : toc.entries()) {
                if (entry.description().equals("TABLE ATTACH") && chosen.contains(entry.id())) {
                    entry.dependencies().stream()
                            .map(byId::get)
                            .filter(e -> e != null && e.description().equals("TABLE"))
                            .forEach(e -> chosen.add(e.id()));
                }
            }
        }

        /** Sequences that a chosen table owns. */
        private void sequences() {
            for (Entry owned : toc.entries()) {
                if (owned.description().equals("SEQUENCE OWNED BY") && chosen.contains(owned.id())) {
                    owned.dependencies().stream()
                            .map(byId::get)
                            .filter(e -> e != null && e.description().equals("SEQUENCE"))
                            .forEach(e -> chosen.add(e.id()));
                }
            }
        }

        private void foreignKeys() {
            for (Entry entry : toc.entries()) {
                if (!entry.description().equals("FK CONSTRAINT") || !chosen.contains(entry.id())) {
                    continue;
                }
                boolean inside = entry.dependencies().stream()
                        .map(byId::get)
                        .filter(e -> e != null && e.description().equals("TABLE"))
                        .allMatch(e -> chosen.contains(e.id()));
                if (!inside) {
                    chosen.remove(entry.id());
                    leftOut.add("foreign key " + entry.schema() + "." + entry.tag()
                            + ", which leads to a table that is not part of it");
                }
            }
        }

        /** Filling a view takes what it reads: in a new database, tables that are part of it. */
        private void materializedViews() {
            for (Entry data : toc.entries()) {
                if (!data.description().equals("MATERIALIZED VIEW DATA")) {
                    continue;
                }
                Entry view = data.dependencies().stream()
                        .filter(chosen::contains)
                        .map(byId::get)
                        .filter(e -> e != null
                                && e.description().equals("MATERIALIZED VIEW")
                                && e.schema().equals(data.schema())
                                && e.tag().equals(data.tag()))
                        .findFirst()
                        .orElse(null);
                if (view == null) {
                    continue;
                }
                boolean readable = view.dependencies().stream()
                        .map(byId::get)
                        .filter(e -> e != null && isRelation(e))
                        .allMatch(e -> chosen.contains(e.id()));
                if (refreshed || readable) {
                    chosen.add(data.id());
                } else {
                    chosen.remove(data.id());
                    leftOut.add("rows of materialized view " + data.schema() + "." + data.tag()
                            + ", which reads a table that is not part of it");
                }
            }
        }

        /** What the chosen entries need, and that does not exist in a new database: types, functions, schemas, extensions. */
        private void needs() {
            Set<Integer> seen = new HashSet<>();
            List<Integer> open = new ArrayList<>(chosen);
            while (!open.isEmpty()) {
                Entry entry = byId.get(open.remove(open.size() - 1));
                if (entry == null || !seen.add(entry.id()) || isPresentSchema(entry)) {
                    continue;
                }
                chosen.add(entry.id());
                Set<Integer> parents = parentsOf(entry);
                entry.dependencies().stream()
                        .filter(id -> !parents.contains(id))
                        .forEach(open::add);
            }
        }

        /** A partition, or its index, is made alone and attached to its parents afterwards; unattached it does not need them. */
        private Set<Integer> parentsOf(Entry part) {
            Set<Integer> parents = new HashSet<>();
            toc.entries().stream()
                    .filter(e -> e.description().equals(part.description() + " ATTACH")
                            && e.schema().equals(part.schema())
                            && e.tag().equals(part.tag())
                            && !chosen.contains(e.id()))
                    .forEach(e -> parents.addAll(e.dependencies()));
            return parents;
        }

        private void missingSchemas() {
            Set<String> needed = new HashSet<>();
            toc.entries().stream().filter(e -> chosen.contains(e.id())).forEach(e -> needed.add(e.schema()));
            toc.entries().stream()
                    .filter(e -> e.description().equals("SCHEMA") && needed.contains(e.tag()) && isMissing(e.tag()))
                    .forEach(e -> chosen.add(e.id()));
        }
    }
}
