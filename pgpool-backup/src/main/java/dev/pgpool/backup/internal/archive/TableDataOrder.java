package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.internal.archive.ArchiveToc.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order in which rows are added to tables that have their foreign keys already: a table comes after those it refers to. In a
 * circle of references the archive's order stays.
 */
final class TableDataOrder {

    private final Map<Integer, Entry> byId = new HashMap<>();
    private final Map<Integer, Set<Integer>> refersTo = new HashMap<>();

    TableDataOrder(ArchiveToc toc) {
        toc.entries().forEach(entry -> byId.put(entry.id(), entry));
        for (Entry key : toc.entries()) {
            if (key.description().equals("FK CONSTRAINT")) {
                List<Entry> tables = key.dependencies().stream()
                        .map(byId::get)
                        .filter(e -> e != null && e.description().equals("TABLE"))
                        .toList();
                tables.stream()
                        .filter(e ->
                                e.schema().equals(key.schema()) && key.tag().startsWith(e.tag() + " "))
                        .forEach(e -> tables.forEach(other -> refersTo.computeIfAbsent(e.id(), id -> new HashSet<>())
                                .add(other.id())));
            }
        }
    }

    List<Entry> sort(List<Entry> entries) {
        Map<Integer, Entry> dataOf = new HashMap<>();
        for (Entry entry : entries) {
            if (entry.description().equals("TABLE DATA")) {
                entry.dependencies().forEach(table -> dataOf.put(table, entry));
            }
        }
        Set<Entry> sorted = new LinkedHashSet<>();
        for (Entry entry : entries) {
            visit(entry, dataOf, new HashSet<>(), sorted);
        }
        return new ArrayList<>(sorted);
    }

    private void visit(Entry entry, Map<Integer, Entry> dataOf, Set<Integer> path, Set<Entry> sorted) {
        if (sorted.contains(entry) || !path.add(entry.id())) {
            return;
        }
        if (entry.description().equals("TABLE DATA")) {
            for (int table : entry.dependencies()) {
                for (int other : refersTo.getOrDefault(table, Set.of())) {
                    Entry first = dataOf.get(other);
                    if (first != null) {
                        visit(first, dataOf, path, sorted);
                    }
                }
            }
        }
        sorted.add(entry);
    }
}
