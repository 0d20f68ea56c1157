package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.List;

/** Chooses how a pg_dump compresses, by what it was built with. */
public final class CompressionChoice {

    private CompressionChoice() {}

    /**
     * What {@code --compress} can be given: for AUTO the best this pg_dump was built with.
     *
     * @throws BackupException if it was not built with what was asked for
     */
    public static Compression choose(ClientTools tools, Compression wanted, ToolVersion version) {
        return switch (wanted.method()) {
            case NONE -> wanted;
            case GZIP -> wanted.level() >= 0 ? wanted : Compression.gzip(6);
            case AUTO -> {
                Compression zstd = Compression.zstd(3);
                yield version.major() >= 16 && accepts(tools, zstd) ? zstd : Compression.gzip(4);
            }
            case ZSTD, LZ4 -> {
                if (version.major() < 16 || !accepts(tools, wanted)) {
                    throw new BackupException(
                            FailureReason.VERSION_MISMATCH,
                            "compression " + wanted.method() + ": not in " + version.text()
                                    + " (expected: pg_dump 16 or newer, built with it; or gzip, or auto)");
                }
                yield wanted;
            }
        };
    }

    private static boolean accepts(ClientTools tools, Compression compression) {
        // Options are checked before the connection is made; a server that cannot be reached keeps this from costing
        // anything.
        List<String> command = ClientTools.with(
                tools.dump(),
                "-Fc",
                "--compress=" + DumpCommand.compressionArgument(compression),
                "-h",
                "/nonexistent",
                "-d",
                "x");
        String answer = ChildProcess.capture(command, tools.environment(), ClientTools.PROBE_LIMIT);
        return !answer.contains("compression");
    }
}
