package dev.pgpool.backup.store;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A place for objects named by keys. {@link S3Store} and {@link DirectoryStore} are given; others can be written against
 * this contract.
 *
 * <p>Keys are {@code /}-separated segments of {@code A-Z a-z 0-9 . _ ~ -}. An object is either wholly there or not: no
 * method ever shows a half-written one. All methods block, may be called by many threads at once, and throw
 * {@link StoreException}. Nothing is repeated inside the store: the engine does that, because it counts and bounds it.
 */
public interface ObjectStore extends AutoCloseable {

    /** The store in one line for logs and errors, without credentials. */
    String describe();

    /** What multipart writes must keep to. */
    StoreLimits limits();

    /** Writes a small object at once. */
    StoredObject put(String key, byte[] content, WriteOptions options);

    /** Starts writing an object in parts. */
    MultipartWrite startMultipart(String key, WriteOptions options);

    /** Facts about an object, or empty if there is none of that key. */
    Optional<StoredObject> stat(String key);

    /**
     * Opens a stretch of an object. A connection lost on the way surfaces as {@code IOException} from the stream, and so
     * does an end that comes early.
     *
     * @param offset of the first byte, from 0
     * @param length number of bytes, at least 1 and inside the object
     */
    InputStream open(String key, long offset, long length);

    /**
     * Hands every object whose key starts with the prefix to the sink, in ascending order of keys, over as many pages as
     * there are. An error ends the listing with an exception; there is no such thing as a partial success.
     */
    void list(String prefix, Consumer<StoredObject> sink);

    /**
     * Deletes objects; keys that do not exist count as deleted.
     *
     * @return the keys that could not be deleted, each with the store's reason; empty if all are gone
     */
    List<DeleteFailure> delete(Collection<String> keys);

    /** Hands every unfinished multipart write whose key starts with the prefix to the sink. */
    void pendingWrites(String prefix, Consumer<PendingWrite> sink);

    /** Aborts an unfinished multipart write and waits until the store has forgotten its parts. */
    void abort(PendingWrite write);

    /**
     * Finds out by trying what the store can do, with objects under the prefix that it removes again.
     *
     * @return a finding for every feature; this method itself does not fail
     */
    StoreReport probe(String prefix);

    /** Frees connections. Idempotent. */
    @Override
    void close();
}
