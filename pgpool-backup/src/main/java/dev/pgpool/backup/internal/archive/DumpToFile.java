package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.internal.dump.ChildProcess;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.DumpCommand;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs pg_dump into a file, for a program that reads it afterwards. */
final class DumpToFile {

    private final ClientTools tools;
    private final SpoolFiles spool;
    private final ArchivePrograms programs;

    DumpToFile(ClientTools tools, SpoolFiles spool, ArchivePrograms programs) {
        this.tools = tools;
        this.spool = spool;
        this.programs = programs;
    }

    /**
     * Dumps a database into a file of the spool directory, which the caller deletes.
     *
     * @throws BackupException with RESTORE_FAILED
     */
    Path dump(DumpCommand dump, SessionGroup sessions) {
        Path file = null;
        boolean whole = false;
        try {
            file = spool.create(".dump");
            try (ChildProcess child = ChildProcess.start(
                            ClientTools.command(tools.dump(), tools.dumpArguments(dump, sessions.applicationName())),
                            tools.environmentFor(dump.server(), sessions.applicationName()),
                            tools.redactor(dump.server()),
                            line -> {},
                            tools.grace());
                    OutputStream out = Files.newOutputStream(file)) {
                ArchivePrograms.Deadline deadline = programs.deadline(child);
                child.stdin().close();
                child.stdout().transferTo(out);
                ArchivePrograms.Ending ending = programs.finish(child, FailureReason.RESTORE_FAILED, deadline);
                if (ending.status() != 0) {
                    throw LoadOutcome.failed(ending, "exit status " + ending.status() + ": " + ending.text());
                }
            }
            whole = true;
            return file;
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_FAILED,
                    "archive as a file in " + spool.directory() + ": " + e.getMessage(),
                    e);
        } finally {
            if (!whole) {
                SpoolFiles.delete(file);
            }
        }
    }
}
