package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.DumpCommand;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Runs pg_restore (or psql for plain dumps) on an archive: from a pipe with one job, or with several from a file, since they
 * need to seek. The whole archive is read in either case, even if the program needs only part of it, so that its digest is
 * always compared.
 */
public final class ArchiveLoader {

    private final ArchiveSource source;
    private final ClientTools tools;
    private final SpoolFiles spool;
    private final ArchivePrograms programs;

    /**
     * A loader.
     *
     * @param spool directory for archives that have to be files
     * @param limit for one call of a program
     */
    public ArchiveLoader(
            ArchiveSource source, ClientTools tools, ScheduledExecutorService timer, Path spool, Duration limit) {
        this.source = source;
        this.tools = tools;
        this.spool = new SpoolFiles(spool);
        this.programs = new ArchivePrograms(source, tools, timer, limit);
    }

    /**
     * Reads the archive to its end without a server.
     *
     * @throws BackupException with VERIFY_FAILED
     */
    public void readThrough(BackupManifest manifest) {
        new ArchiveReader(source, tools, programs).read(manifest);
    }

    /**
     * Restores into a database.
     *
     * @return what came of it
     * @throws BackupException with RESTORE_FAILED, VERIFY_FAILED if the archive is damaged, RESTORE_REFUSED or
     *     VERSION_MISMATCH if nothing was begun
     */
    public LoadPlan.Loaded load(BackupManifest manifest, LoadTarget into, LoadPlan plan) {
        if (manifest.tool().format() == DumpFormat.PLAIN) {
            return loadPlain(manifest, into, plan);
        }
        DumpFormat format = manifest.tool().format();
        LoadErrors errors = new LoadErrors();
        Path list = spool.list(plan.entries());
        try {
            List<String> command = restoreCommand(format, plan, into.arguments(tools, false), list);
            ArchivePrograms.Call call = call(command, into);
            if (!plan.outOfOrder() && (plan.jobs() == 1 || format != DumpFormat.CUSTOM)) {
                return LoadOutcome.loaded(
                        programs.pipe(manifest, call, errors, false, FailureReason.RESTORE_FAILED), errors, plan);
            }
            if (plan.jobs() > 1) {
                command.add("--jobs=" + plan.jobs());
            }
            return LoadOutcome.loaded(fromFile(manifest, call, errors), errors, plan);
        } finally {
            SpoolFiles.delete(list);
        }
    }

    private ArchivePrograms.Call call(List<String> command, LoadTarget into) {
        return new ArchivePrograms.Call(
                command,
                tools.environmentFor(into.server(), into.sessions().applicationName()),
                tools.redactor(into.server()));
    }

    /** Restores from a file that {@link #dump} has made. */
    public LoadPlan.Loaded loadFile(Path file, LoadTarget into, LoadPlan plan) {
        LoadErrors errors = new LoadErrors();
        Path list = spool.list(plan.entries());
        try {
            List<String> command = restoreCommand(DumpFormat.CUSTOM, plan, into.arguments(tools, false), list);
            return LoadOutcome.loaded(programs.onFile(file, call(command, into), errors), errors, plan);
        } catch (IOException e) {
            throw new BackupException(FailureReason.RESTORE_FAILED, file + ": " + e.getMessage(), e);
        } finally {
            SpoolFiles.delete(list);
        }
    }

    private List<String> restoreCommand(DumpFormat format, LoadPlan plan, List<String> where, @Nullable Path list) {
        List<String> arguments = new ArrayList<>(List.of("--format=" + format.flag()));
        arguments.addAll(plan.arguments());
        arguments.addAll(where);
        List<String> command = ClientTools.command(tools.restore(), arguments);
        if (list != null) {
            command.add("--use-list=" + list);
        }
        return command;
    }

    /** What a plain dump can be asked for: all of it. */
    public static void requireWhole(LoadPlan plan) {
        if (!plan.options().everything()
                || !plan.entries().isEmpty()
                || !plan.extra().isEmpty()) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    "the backup is a plain dump, of which nothing can be left out (expected: a restore of everything)");
        }
    }

    private LoadPlan.Loaded loadPlain(BackupManifest manifest, LoadTarget into, LoadPlan plan) {
        requireWhole(plan);
        RestrictedScript.requireRestrictable(tools);
        List<String> arguments = new ArrayList<>(List.of("--no-psqlrc", "--quiet", "--output=/dev/null"));
        arguments.add("--set=ON_ERROR_STOP=" + (plan.strict() ? 1 : 0));
        if (plan.singleTransaction()) {
            arguments.add("--single-transaction");
        }
        // Quiet: what is left on stderr then are errors, in whatever language.
        arguments.addAll(into.arguments(tools, true));
        arguments.add("--file=-");
        LoadErrors errors = new LoadErrors();
        ArchivePrograms.Call call = call(ClientTools.command(tools.psql(), arguments), into);
        return LoadOutcome.loaded(
                programs.pipe(manifest, call, errors, true, FailureReason.RESTORE_FAILED), errors, plan);
    }

    private ArchivePrograms.Ending fromFile(BackupManifest manifest, ArchivePrograms.Call call, LoadErrors errors) {
        Path file = null;
        try {
            file = spool.create(".dump");
            try (InputStream in = source.open(manifest, manifest.data());
                    OutputStream out = Files.newOutputStream(file)) {
                in.transferTo(out);
            }
            return programs.onFile(file, call, errors);
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_FAILED,
                    "archive as a file in " + spool.directory() + ": " + e.getMessage(),
                    e);
        } finally {
            SpoolFiles.delete(file);
        }
    }

    /**
     * Dumps a database into a file of the spool directory, which the caller deletes.
     *
     * @throws BackupException with RESTORE_FAILED
     */
    public Path dump(DumpCommand dump, SessionGroup sessions) {
        return new DumpToFile(tools, spool, programs).dump(dump, sessions);
    }

    /** Deletes such a file; {@code null} is none. */
    public static void delete(@Nullable Path file) {
        SpoolFiles.delete(file);
    }
}
