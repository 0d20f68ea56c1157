package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The unfinished writes of a directory store, each a folder below {@code .uploads}. */
final class DirectoryUploads {

    private final Path folder;

    DirectoryUploads(Path folder) {
        this.folder = folder;
    }

    void list(String prefix, Consumer<PendingWrite> sink) {
        try (Stream<Path> uploads = Files.list(folder)) {
            for (Path upload : uploads.filter(Files::isDirectory).sorted().toList()) {
                pending(upload, prefix).ifPresent(sink);
            }
        } catch (IOException e) {
            throw DirectoryFiles.failure("list uploads", prefix, e);
        }
    }

    private static Optional<PendingWrite> pending(Path upload, String prefix) throws IOException {
        Path keyFile = upload.resolve(DirectoryWrite.KEY_FILE);
        try {
            String key = Files.readString(keyFile, StandardCharsets.UTF_8);
            return key.startsWith(prefix)
                    ? Optional.of(new PendingWrite(
                            key,
                            upload.getFileName().toString(),
                            Files.getLastModifiedTime(keyFile).toInstant()))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    void abort(PendingWrite write) {
        if (!DirectoryFiles.SEGMENT.matcher(write.id()).matches()) {
            throw new StoreException(Kind.REJECTED, "abort: not an upload of this store: " + write.id());
        }
        remove(folder.resolve(write.id()));
    }

    Path create() throws IOException {
        Path upload = folder.resolve(UUID.randomUUID().toString());
        OwnerOnly.createFolders(upload);
        return upload;
    }

    static void remove(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw DirectoryFiles.failure("abort", directory.toString(), e);
        }
    }
}
