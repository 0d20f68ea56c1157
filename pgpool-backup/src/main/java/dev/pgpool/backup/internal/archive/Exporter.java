package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the objects of a backup as files that {@code pg_restore} and {@code psql} read: decrypted, compared with the manifest's
 * digests, readable by their owner only, and under their names only once they are whole.
 */
public final class Exporter {

    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final ArchiveSource source;

    /** An exporter from this source. */
    public Exporter(ArchiveSource source) {
        this.source = source;
    }

    /**
     * Exports.
     *
     * @param directory made if it is missing; must not hold files of these names
     * @return the files, data first
     */
    public List<Path> export(CatalogEntry entry, Path directory) {
        BackupManifest manifest = entry.manifest();
        if (manifest == null) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED, "backup " + entry.id() + ": manifest: " + entry.problem());
        }
        source.encryption().requireKey(manifest);
        try {
            Files.createDirectories(directory);
            List<Path> files = new ArrayList<>();
            long bytes = 0;
            for (StoredPart part : manifest.objects()) {
                Path file = directory.resolve(part.key().substring(part.key().lastIndexOf('/') + 1));
                if (Files.exists(file)) {
                    throw new FileAlreadyExistsException(file.toString());
                }
                files.add(file);
                bytes += part.plainBytes();
            }
            long free = Files.getFileStore(directory).getUsableSpace();
            if (free < bytes) {
                throw new BackupException(
                        FailureReason.RESTORE_REFUSED,
                        directory + ": " + free + " bytes are free (expected: " + bytes + ")");
            }
            write(manifest, files);
            return files;
        } catch (IOException e) {
            throw new BackupException(FailureReason.RESTORE_FAILED, "export to " + directory + ": " + e, e);
        }
    }

    private void write(BackupManifest manifest, List<Path> files) throws IOException {
        List<Path> written = new ArrayList<>();
        try {
            for (int i = 0; i < files.size(); i++) {
                Path file = files.get(i);
                Path unfinished = file.resolveSibling(file.getFileName() + ".part");
                Files.deleteIfExists(unfinished);
                Files.createFile(unfinished, OWNER_ONLY);
                written.add(unfinished);
                StoredPart part = manifest.objects().get(i);
                try (InputStream in = source.open(manifest, part);
                        OutputStream out = Files.newOutputStream(unfinished, StandardOpenOption.WRITE)) {
                    in.transferTo(out);
                }
            }
            for (int i = 0; i < files.size(); i++) {
                Files.move(written.get(i), files.get(i), StandardCopyOption.ATOMIC_MOVE);
                written.set(i, files.get(i));
            }
        } catch (IOException | RuntimeException e) {
            for (Path file : written) {
                Files.deleteIfExists(file);
            }
            throw e;
        }
    }
}
