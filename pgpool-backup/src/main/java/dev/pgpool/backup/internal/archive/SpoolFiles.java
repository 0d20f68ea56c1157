package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files for programs that have to seek in an archive or read a list, in one directory, readable by their owner only. */
final class SpoolFiles {

    private final Path directory;

    SpoolFiles(Path directory) {
        this.directory = directory;
    }

    Path directory() {
        return directory;
    }

    @Nullable
    Path list(List<Integer> entries) {
        if (entries.isEmpty()) {
            return null;
        }
        try {
            Path file = create(".list");
            Files.writeString(
                    file, entries.stream().map(id -> id + ";\n").collect(java.util.stream.Collectors.joining()));
            return file;
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_FAILED, "list of entries in " + directory + ": " + e.getMessage(), e);
        }
    }

    Path create(String suffix) throws IOException {
        return Files.createTempFile(
                Files.createDirectories(directory),
                "pgpool-backup-",
                suffix,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    static void delete(@Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new BackupException(FailureReason.RESTORE_FAILED, "cannot delete " + file, e);
            }
        }
    }
}
