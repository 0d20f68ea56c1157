package dev.pgpool.backup.store;

import static java.util.Objects.requireNonNull;

import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The files of a directory store: which file a key means, and how a file gets its name so that it survives a power cut. Symbolic
 * links below the directory are refused.
 */
final class DirectoryFiles {

    static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._~-]{1,255}");
    static final String UPLOADS = ".uploads";
    private static final int MOVE_ATTEMPTS = 1000;

    private final Path root;

    DirectoryFiles(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    Path uploads() {
        return root.resolve(UPLOADS);
    }

    Path path(String key) {
        for (String segment : key.split("/", -1)) {
            if (!SEGMENT.matcher(segment).matches() || segment.equals(".") || segment.equals("..")) {
                throw new StoreException(
                        Kind.REJECTED, "key \"" + key + "\" (expected: segments of A-Z a-z 0-9 . _ ~ -)");
            }
        }
        if (key.equals(UPLOADS) || key.startsWith(UPLOADS + "/")) {
            throw new StoreException(Kind.REJECTED, "key \"" + key + "\": the store's own place");
        }
        Path file = root.resolve(key);
        for (Path at = file; at != null && !at.equals(root); at = at.getParent()) {
            if (Files.isSymbolicLink(at)) {
                throw new StoreException(
                        Kind.REJECTED,
                        "key \"" + key + "\": " + at + " is a symbolic link (expected: none below " + root
                                + "; the directory itself may be one)");
            }
        }
        return file;
    }

    static Optional<StoredObject> stat(String key, Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                return Optional.empty();
            }
            String etag =
                    attributes.fileKey() + "-" + attributes.lastModifiedTime().toMillis() + "-" + attributes.size();
            return Optional.of(StoredObject.listed(
                    key, attributes.size(), etag, attributes.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure("stat", key, e);
        }
    }

    StoredObject move(String key, Path from, Path to) throws IOException {
        try {
            moveInto(from, to);
        } catch (AtomicMoveNotSupportedException e) {
            throw new StoreException(Kind.UNSUPPORTED, "rename is not atomic on " + root, e);
        }
        for (Path directory = to.getParent(); directory != null; directory = directory.getParent()) {
            sync(directory);
            if (directory.equals(root)) {
                break;
            }
        }
        return stat(key, to).orElseThrow(() -> new StoreException(Kind.INTEGRITY, key + " vanished after the rename"));
    }

    /** A delete in the same folder removes it once it is empty, which may be between its making and the rename. */
    private static void moveInto(Path from, Path to) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                OwnerOnly.createFolders(requireNonNull(to.getParent()));
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return;
            } catch (NoSuchFileException | FileAlreadyExistsException e) {
                if (attempt == MOVE_ATTEMPTS || !Files.exists(from)) {
                    throw e;
                }
            }
        }
    }

    void removeEmptyParents(Path file) throws IOException {
        Path parent = file.getParent();
        while (parent != null && !parent.equals(root) && parent.startsWith(root)) {
            try {
                Files.deleteIfExists(parent);
            } catch (DirectoryNotEmptyException e) {
                sync(parent);
                return;
            }
            parent = parent.getParent();
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (NoSuchFileException e) {
            // Emptied and removed by another thread's delete: nothing left to make durable.
            return;
        }
    }

    static void writeFully(FileChannel channel, long offset, byte[] data, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(data, 0, length);
        long position = offset;
        while (buffer.hasRemaining()) {
            position += channel.write(buffer, position);
        }
    }

    static StoreException failure(String operation, String key, IOException e) {
        Kind kind = e instanceof NoSuchFileException
                ? Kind.NOT_FOUND
                : e instanceof java.nio.file.AccessDeniedException ? Kind.DENIED : Kind.REJECTED;
        return new StoreException(
                kind, operation + " " + key + ": " + e.getClass().getSimpleName() + ": " + e.getMessage(), e);
    }
}
