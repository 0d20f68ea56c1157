package dev.pgpool.backup.internal.verify;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.Contents;
import dev.pgpool.backup.catalog.BackupManifest.SequenceRange;
import dev.pgpool.backup.config.RowCounts;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.internal.pg.ContentsReader;
import dev.pgpool.backup.internal.pg.Sessions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Compares what was restored with what the manifest says was dumped. */
final class ContentsComparison {

    private final List<String> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    List<String> problems() {
        return problems;
    }

    List<String> notes() {
        return notes;
    }

    void compare(Connection restored, BackupManifest manifest, List<SqlCheck> checks) {
        Contents contents = manifest.contents();
        String notCompared = contents.notCompared();
        if (notCompared != null) {
            notes.add("contents are not compared: " + notCompared);
        } else {
            compareContents(restored, contents);
        }
        if (!checks.isEmpty()) {
            runChecks(restored, checks);
        }
    }

    private void runChecks(Connection restored, List<SqlCheck> checks) {
        try {
            Sessions.utf8(restored);
        } catch (SQLException e) {
            problems.add("checks: " + e.getMessage());
            return;
        }
        checks.forEach(check -> run(restored, check));
    }

    private void compareContents(Connection restored, Contents contents) {
        try {
            compareTables(contents, ContentsReader.rowCounts(restored, RowCounts.EXACT));
            compareSequences(contents.sequences(), ContentsReader.sequences(restored));
            long largeObjects = ContentsReader.largeObjects(restored);
            if (largeObjects != contents.largeObjects()) {
                problems.add("large objects: " + largeObjects + " restored, " + contents.largeObjects() + " dumped");
            }
            compareExtensions(contents.extensions(), ContentsReader.extensions(restored));
            // The host's own questions may be about views.
            Sessions.readViewsToo(restored);
        } catch (SQLException e) {
            problems.add("comparing contents: " + e.getMessage());
        }
    }

    private void compareTables(Contents contents, Map<String, Long> restored) {
        new TreeMap<>(contents.tables()).forEach((table, dumped) -> {
            Long rows = restored.get(table);
            if (rows == null) {
                problems.add("table " + table + ": missing");
            } else if (contents.rowCounts() == RowCounts.EXACT && dumped < 0) {
                notes.add("table " + table + ": its rows were not counted at the source");
            } else if (contents.rowCounts() == RowCounts.EXACT && !rows.equals(dumped)) {
                problems.add("table " + table + ": " + rows + " rows restored, " + dumped + " dumped");
            } else if (contents.rowCounts() == RowCounts.ESTIMATED && dumped > 0 && rows == 0) {
                problems.add("table " + table + ": empty, about " + dumped + " rows were estimated at the source");
            }
        });
        restored.keySet().stream()
                .filter(table -> !contents.tables().containsKey(table))
                .sorted()
                .forEach(table -> problems.add("table " + table + ": was not in the source"));
    }

    private void compareSequences(Map<String, SequenceRange> dumped, Map<String, Long> restored) {
        new TreeMap<>(dumped).forEach((sequence, range) -> {
            Long value = restored.get(sequence);
            if (value == null) {
                problems.add("sequence " + sequence + ": missing");
            } else if (value < Math.min(range.before(), range.after())
                    || value > Math.max(range.before(), range.after())) {
                problems.add("sequence " + sequence + ": at " + value + ", was between " + range.before() + " and "
                        + range.after() + " while it was dumped");
            }
        });
    }

    private void compareExtensions(Map<String, String> dumped, Map<String, String> restored) {
        new TreeMap<>(dumped).forEach((extension, version) -> {
            String present = restored.get(extension);
            if (present == null) {
                problems.add("extension " + extension + ": missing");
            } else if (!present.equals(version)) {
                notes.add("extension " + extension + ": version " + present + " here, " + version + " at the source");
            }
        });
    }

    private void run(Connection restored, SqlCheck check) {
        try {
            String found = Sessions.value(restored, check.sql());
            if (!Objects.equals(found, check.expected())) {
                problems.add("check " + check.name() + ": found " + found + " (expected: " + check.expected() + ")");
            }
        } catch (SQLException e) {
            problems.add("check " + check.name() + ": " + e.getMessage());
        }
    }
}
