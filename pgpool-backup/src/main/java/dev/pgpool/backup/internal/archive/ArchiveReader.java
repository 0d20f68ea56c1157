package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.Redactor;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** Reads archives to their end without a server, to see whether they are whole. */
final class ArchiveReader {

    private final ArchiveSource source;
    private final ClientTools tools;
    private final ArchivePrograms programs;

    ArchiveReader(ArchiveSource source, ClientTools tools, ArchivePrograms programs) {
        this.source = source;
        this.tools = tools;
        this.programs = programs;
    }

    /**
     * Reads the archive to its end without a server.
     *
     * @throws BackupException with VERIFY_FAILED
     */
    void read(BackupManifest manifest) {
        if (manifest.tool().format() == DumpFormat.PLAIN) {
            readPlain(manifest);
            return;
        }
        List<String> command = ClientTools.command(
                tools.restore(),
                List.of(
                        "--file=/dev/null",
                        "--format=" + manifest.tool().format().flag()));
        ArchivePrograms.Ending ending = programs.pipe(
                manifest,
                new ArchivePrograms.Call(command, Map.of(), new Redactor(List.of())),
                line -> {},
                false,
                FailureReason.VERIFY_FAILED);
        if (ending.status() != 0) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED,
                    ending.program() + ": exit status " + ending.status() + ": " + ending.text());
        }
    }

    private void readPlain(BackupManifest manifest) {
        byte[] tail = new byte[1024];
        int length = 0;
        try (InputStream in = source.open(manifest, manifest.data())) {
            byte[] chunk = new byte[ArchivePrograms.COPY_BYTES];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                int kept = Math.min(n, tail.length);
                int old = Math.min(length, tail.length - kept);
                System.arraycopy(tail, length - old, tail, 0, old);
                System.arraycopy(chunk, n - kept, tail, old, kept);
                length = old + kept;
            }
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED, manifest.data().key() + ": " + e.getMessage(), e);
        }
        String end = new String(tail, 0, length, java.nio.charset.StandardCharsets.UTF_8);
        if (!end.contains("PostgreSQL database dump complete")) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED,
                    manifest.data().key() + ": does not end with \"PostgreSQL database dump complete\"");
        }
    }
}
