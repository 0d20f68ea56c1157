package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Objects as files below a directory. A write goes to a file in {@code .uploads}, is synced to disk, and gets its name by
 * an atomic rename, after which the directory is synced too: what is visible is whole and survives a power cut.
 *
 * <p>Symbolic links below the directory are refused: otherwise a process that may write there could have files elsewhere written
 * or deleted.
 *
 * <p>Files and folders that it makes are for their owner alone, 0600 and 0700, whatever the umask says.
 *
 * <p>Conditional writes hold across processes by a file lock, on file systems where those work (not on every NFS).
 */
public final class DirectoryStore implements ObjectStore {

    // A FileLock excludes other processes only; this excludes the threads of this process, whatever store object they
    // use.
    private static final ReentrantLock CONDITIONAL = new ReentrantLock();

    private final DirectoryFiles files;
    private final DirectoryUploads uploads;

    /**
     * A store below the directory, which is made if it is missing.
     *
     * @param root the directory
     * @throws StoreException if it cannot be made or written to
     */
    public DirectoryStore(Path root) {
        this.files = new DirectoryFiles(root.toAbsolutePath().normalize());
        this.uploads = new DirectoryUploads(files.uploads());
        try {
            OwnerOnly.createFolders(files.uploads());
            if (Files.isSymbolicLink(files.uploads())) {
                throw new NotDirectoryException(files.uploads() + " is a symbolic link");
            }
            OwnerOnly.restrictFolder(files.uploads());
        } catch (IOException e) {
            throw DirectoryFiles.failure("create directory", files.root().toString(), e);
        }
    }

    @Override
    public String describe() {
        return "directory " + files.root();
    }

    @Override
    public StoreLimits limits() {
        return StoreLimits.NONE;
    }

    @Override
    public StoredObject put(String key, byte[] content, WriteOptions options) {
        Path target = files.path(key);
        if (options.condition() instanceof WriteCondition.Always) {
            return write(key, target, content);
        }
        CONDITIONAL.lock();
        try (FileChannel lockFile = OwnerOnly.open(files.uploads().resolve("lock"));
                FileLock lock = lockFile.lock()) {
            if (!lock.isValid()) {
                throw new StoreException(Kind.TRANSIENT, "put " + key + ": file lock not given");
            }
            check(key, options.condition());
            return write(key, target, content);
        } catch (IOException e) {
            throw DirectoryFiles.failure("put", key, e);
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
        DirectoryWrite write = new DirectoryWrite(files, uploads, key, target);
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
        return new DirectoryWrite(files, uploads, key, files.path(key));
    }

    @Override
    public Optional<StoredObject> stat(String key) {
        return DirectoryFiles.stat(key, files.path(key));
    }

    @Override
    @SuppressWarnings("resource") // the stream closes the channel
    public InputStream open(String key, long offset, long length) {
        try {
            FileChannel channel = FileChannel.open(files.path(key), StandardOpenOption.READ);
            channel.position(offset);
            return new ExactInputStream(Channels.newInputStream(channel), length, key);
        } catch (IOException e) {
            throw DirectoryFiles.failure("open", key, e);
        }
    }

    @Override
    public void list(String prefix, Consumer<StoredObject> sink) {
        new DirectoryListing(files).list(prefix, sink);
    }

    @Override
    public List<DeleteFailure> delete(Collection<String> keys) {
        List<DeleteFailure> failures = new ArrayList<>();
        for (String key : keys) {
            try {
                Path file = files.path(key);
                Files.deleteIfExists(file);
                files.removeEmptyParents(file);
            } catch (IOException | StoreException e) {
                failures.add(new DeleteFailure(key, e.getClass().getSimpleName() + ": " + e.getMessage()));
            }
        }
        return failures;
    }

    @Override
    public void pendingWrites(String prefix, Consumer<PendingWrite> sink) {
        uploads.list(prefix, sink);
    }

    @Override
    public void abort(PendingWrite write) {
        uploads.abort(write);
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
}
