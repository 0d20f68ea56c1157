package dev.pgpool.backup.store;

import static java.util.Objects.requireNonNull;

import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Objects as files below a directory. A write goes to a file in {@code .uploads}, is synced to disk, and gets its name by
 * an atomic rename, after which the directory is synced too: what is visible is whole and survives a power cut.
 *
 * <p>Symbolic links below the directory are refused: by one, whoever may write there could have files elsewhere written or deleted.
 *
 * <p>Files and folders that it makes are for their owner alone, 0600 and 0700, whatever the umask says.
 *
 * <p>Conditional writes hold across processes by a file lock, on file systems where those work (not on every NFS).
 */
public final class DirectoryStore implements ObjectStore {

    private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._~-]{1,255}");
    static final String UPLOADS = ".uploads";
    private static final int MOVE_ATTEMPTS = 1000;

    // A FileLock excludes other processes only; this excludes the threads of ours, whatever store object they hold.
    private static final ReentrantLock CONDITIONAL = new ReentrantLock();

    private final Path root;

    /**
     * A store below the directory, which is made if it is missing.
     *
     * @param root the directory
     * @throws StoreException if it cannot be made or written to
     */
    public DirectoryStore(Path root) {
        this.root = root.toAbsolutePath().normalize();
        try {
            OwnerOnly.createFolders(this.root.resolve(UPLOADS));
            if (Files.isSymbolicLink(this.root.resolve(UPLOADS))) {
                throw new NotDirectoryException(this.root.resolve(UPLOADS) + " is a symbolic link");
            }
            OwnerOnly.restrictFolder(this.root.resolve(UPLOADS));
        } catch (IOException e) {
            throw failure("create directory", this.root.toString(), e);
        }
    }

    @Override
    public String describe() {
        return "directory " + root;
    }

    @Override
    public StoreLimits limits() {
        return StoreLimits.NONE;
    }

    @Override
    public StoredObject put(String key, byte[] content, WriteOptions options) {
        Path target = path(key);
        if (options.condition() instanceof WriteCondition.Always) {
            return write(key, target, content);
        }
        CONDITIONAL.lock();
        try (FileChannel lockFile = OwnerOnly.open(root.resolve(UPLOADS).resolve("lock"));
                FileLock lock = lockFile.lock()) {
            if (!lock.isValid()) {
                throw new StoreException(Kind.TRANSIENT, "put " + key + ": file lock not given");
            }
            check(key, options.condition());
            return write(key, target, content);
        } catch (IOException e) {
            throw failure("put", key, e);
        } finally {
            CONDITIONAL.unlock();
        }
    }

    private void check(String key, WriteCondition condition) {
        Optional<StoredObject> present = stat(key);
        if (condition instanceof WriteCondition.IfAbsent && present.isPresent()) {
            throw new StoreException(Kind.CONFLICT, "put " + key + ": exists already");
        }
        if (condition instanceof WriteCondition.IfMatches match
                && !present.map(StoredObject::etag).filter(match.etag()::equals).isPresent()) {
            throw new StoreException(Kind.CONFLICT, "put " + key + ": has changed");
        }
    }

    private StoredObject write(String key, Path target, byte[] content) {
        DirectoryWrite write = new DirectoryWrite(this, key, target);
        try {
            write.append(0, content, content.length);
            return write.publish(content.length);
        } catch (StoreException e) {
            write.abort();
            throw e;
        }
    }

    @Override
    public MultipartWrite startMultipart(String key, WriteOptions options) {
        return new DirectoryWrite(this, key, path(key));
    }

    @Override
    public Optional<StoredObject> stat(String key) {
        return stat(key, path(key));
    }

    private static Optional<StoredObject> stat(String key, Path file) {
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

    @Override
    @SuppressWarnings("resource") // the stream closes the channel
    public InputStream open(String key, long offset, long length) {
        try {
            FileChannel channel = FileChannel.open(path(key), StandardOpenOption.READ);
            channel.position(offset);
            return new ExactInputStream(Channels.newInputStream(channel), length, key);
        } catch (IOException e) {
            throw failure("open", key, e);
        }
    }

    @Override
    public void list(String prefix, Consumer<StoredObject> sink) {
        int slash = prefix.lastIndexOf('/');
        Path start = slash <= 0 ? root : path(prefix.substring(0, slash));
        List<String> keys = new ArrayList<>();
        if (Files.isDirectory(start)) {
            try {
                Files.walkFileTree(start, new KeyCollector(prefix, keys));
            } catch (IOException e) {
                throw failure("list", prefix, e);
            }
        }
        keys.sort(null);
        for (String key : keys) {
            stat(key, root.resolve(key)).ifPresent(sink);
        }
    }

    /** Collects keys; what vanishes during the walk was deleted by somebody else and is not there any more. */
    private final class KeyCollector extends SimpleFileVisitor<Path> {

        private final String prefix;
        private final List<String> keys;

        KeyCollector(String prefix, List<String> keys) {
            this.prefix = prefix;
            this.keys = keys;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return directory.equals(root.resolve(UPLOADS)) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String key = root.relativize(file).toString().replace('\\', '/');
            if (attributes.isRegularFile() && key.startsWith(prefix)) {
                keys.add(key);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }
    }

    @Override
    public List<DeleteFailure> delete(Collection<String> keys) {
        List<DeleteFailure> failures = new ArrayList<>();
        for (String key : keys) {
            try {
                Path file = path(key);
                Files.deleteIfExists(file);
                removeEmptyParents(file);
            } catch (IOException | StoreException e) {
                failures.add(new DeleteFailure(key, e.getClass().getSimpleName() + ": " + e.getMessage()));
            }
        }
        return failures;
    }

    private void removeEmptyParents(Path file) throws IOException {
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

    @Override
    public void pendingWrites(String prefix, Consumer<PendingWrite> sink) {
        try (Stream<Path> uploads = Files.list(root.resolve(UPLOADS))) {
            for (Path upload : uploads.filter(Files::isDirectory).sorted().toList()) {
                pending(upload, prefix).ifPresent(sink);
            }
        } catch (IOException e) {
            throw failure("list uploads", prefix, e);
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

    @Override
    public void abort(PendingWrite write) {
        if (!SEGMENT.matcher(write.id()).matches()) {
            throw new StoreException(Kind.REJECTED, "abort: not an upload of this store: " + write.id());
        }
        removeUpload(root.resolve(UPLOADS).resolve(write.id()));
    }

    static void removeUpload(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw failure("abort", directory.toString(), e);
        }
    }

    @Override
    public StoreReport probe(String prefix) {
        Map<StoreFeature, String> findings = new EnumMap<>(StoreFeature.class);
        StoreProbe probe = new StoreProbe(this, prefix);
        findings.putAll(probe.run());
        findings.put(StoreFeature.TAGS, "files have no tags");
        findings.put(StoreFeature.VERSIONING, "files have no versions");
        findings.put(StoreFeature.OBJECT_LOCK, "files have no locks");
        return new StoreReport(describe(), findings, probe.denied());
    }

    @Override
    public void close() {
        // Nothing is held between calls.
    }

    Path newUpload() throws IOException {
        Path upload = root.resolve(UPLOADS).resolve(UUID.randomUUID().toString());
        OwnerOnly.createFolders(upload);
        return upload;
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

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (NoSuchFileException e) {
            // Emptied and removed by another thread's delete: nothing left to make durable.
            return;
        }
    }

    private Path path(String key) {
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

    static StoreException failure(String operation, String key, IOException e) {
        Kind kind = e instanceof NoSuchFileException
                ? Kind.NOT_FOUND
                : e instanceof java.nio.file.AccessDeniedException ? Kind.DENIED : Kind.REJECTED;
        return new StoreException(
                kind, operation + " " + key + ": " + e.getClass().getSimpleName() + ": " + e.getMessage(), e);
    }

    static void writeFully(FileChannel channel, long offset, byte[] data, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(data, 0, length);
        long position = offset;
        while (buffer.hasRemaining()) {
            position += channel.write(buffer, position);
        }
    }
}
