package dev.pgpool.backup.internal.restore;

import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.archive.ArchiveLoader;
import dev.pgpool.backup.internal.archive.ArchiveSelection;
import dev.pgpool.backup.internal.archive.ArchiveToc;
import dev.pgpool.backup.internal.archive.LoadPlan;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.DumpCommand;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestoreRequest.Existing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts a part under another name into an existing database, by way of one in which it gets that name.
 *
 * <pre>
 * archive --pg_restore--> pgpool_restore_x, renamed --pg_dump--> file --pg_restore, one transaction--> target
 * </pre>
 */
final class RenamedRestore {

    /** How long pg_dump waits for a lock in a database that no other session uses. */
    private static final Duration LOCK_WAIT = Duration.ofSeconds(10);

    private final ArchiveLoader loader;
    private final ClientTools tools;

    RenamedRestore(ArchiveLoader loader, ClientTools tools) {
        this.loader = loader;
        this.tools = tools;
    }

    /** Names of the schemas of a database. */
    static Set<String> schemas(Connection target) throws SQLException {
        Set<String> schemas = new HashSet<>();
        for (var row : Sessions.rows(target, "SELECT nspname FROM pg_catalog.pg_namespace")) {
            schemas.add(String.valueOf(row.get(0)));
        }
        return schemas;
    }

    /** Gives a part its name in a database that holds nothing else. */
    static void rename(RestoreTask work, String database) throws SQLException {
        RestorePart part = work.request().part();
        if (part != null && part.newName() != null) {
            try (Connection inside = Sessions.open(work.server(), database, work.sessions())) {
                new RenamedPart(part).rename(inside, Map.of());
            }
        }
    }

    /**
     * Loads the part.
     *
     * @throws BackupException with RESTORE_REFUSED or RESTORE_FAILED; the target is as it was then
     */
    LoadPlan.Loaded load(RestoreTask work, RenamedPart part) throws SQLException {
        String target = work.request().target();
        Path file = null;
        try (ReplacementDatabase scratch = ReplacementDatabase.create(
                        work.server(),
                        work.admin(),
                        work.version(),
                        work.manifest().source(),
                        null,
                        work.sessions());
                Connection into = Sessions.open(work.server(), target, work.sessions())) {
            SchemaPreparation.prepare(work, scratch.name());
            LoadPlan.Loaded first = loader.load(work.manifest(), work.into(scratch.name()), work.plan());
            List<String> warnings = new ArrayList<>(first.warnings());
            try (Connection inside = Sessions.open(work.server(), scratch.name(), work.sessions())) {
                warnings.addAll(part.rename(inside, part.taken(into)));
            }
            file = loader.dump(dumpOf(work, scratch.name(), part), work.sessions());
            ArchiveToc toc;
            try (InputStream in = Files.newInputStream(file)) {
                toc = ArchiveToc.read(in);
            } catch (IOException e) {
                throw new BackupException(FailureReason.RESTORE_FAILED, file + ": " + e.getMessage(), e);
            }
            ArchiveSelection selection = ArchiveSelection.of(toc, true, part.renamed(), schemas(into), Existing.ADD);
            if (part.isRowsOfTable()) {
                selection = selection.withoutSequences(toc);
            }
            LoadPlan.Loaded second = loader.loadFile(
                    file, work.into(target), work.plan().selecting(selection).inOneTransaction());
            warnings.addAll(second.warnings());
            List<String> leftOut = new ArrayList<>(first.leftOut());
            leftOut.addAll(selection.leftOut());
            return new LoadPlan.Loaded(warnings, leftOut, first.errors(), first.errorCount());
        } finally {
            ArchiveLoader.delete(file);
        }
    }

    private DumpCommand dumpOf(RestoreTask work, String database, RenamedPart part) {
        return new DumpCommand(
                work.server(),
                database,
                DumpFormat.CUSTOM,
                Compression.gzip(1),
                LOCK_WAIT,
                null,
                DumpFilter.everything(),
                work.manifest().source().encoding(),
                work.version(),
                tools.dumpVersion().major(),
                // Another table need not have the same partitions.
                part.isRowsOfTable() ? List.of("--load-via-partition-root") : List.of());
    }
}
