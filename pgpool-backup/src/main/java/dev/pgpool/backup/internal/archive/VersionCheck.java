package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.ToolVersion;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;

/** Whether archive, pg_restore and server go together. */
public final class VersionCheck {

    private VersionCheck() {}

    public static void requireReadable(ClientTools tools, BackupManifest manifest) {
        if (manifest.tool().format() == DumpFormat.PLAIN) {
            return;
        }
        ToolVersion restore = tools.restoreVersion();
        if (restore.major() < ToolVersion.major(manifest.tool().version())) {
            throw new BackupException(
                    FailureReason.VERSION_MISMATCH,
                    "the archive was written by " + manifest.tool().versionText() + ", here is " + restore.text()
                            + " (expected: pg_restore "
                            + ToolVersion.major(manifest.tool().version()) + " or newer)");
        }
    }

    public static void requireServer(int serverVersion, BackupManifest manifest) {
        int source = ToolVersion.major(manifest.source().serverVersion());
        if (ToolVersion.major(serverVersion) < source) {
            throw new BackupException(
                    FailureReason.VERSION_MISMATCH,
                    "the source was version " + source + ", the target is version " + ToolVersion.major(serverVersion)
                            + " (expected: " + source + " or newer)");
        }
    }

    public static void requireDumpable(ClientTools tools, int serverVersion) {
        ToolVersion dump = tools.dumpVersion();
        if (dump.major() < ToolVersion.major(serverVersion)) {
            throw new BackupException(
                    FailureReason.VERSION_MISMATCH,
                    "a part under another name is dumped once more on the target's server, which is version "
                            + ToolVersion.major(serverVersion) + ", here is " + dump.text() + " (expected: pg_dump "
                            + ToolVersion.major(serverVersion) + " or newer)");
        }
    }
}
