package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.catalog.BackupManifest.StoredPart;
import dev.pgpool.backup.internal.bytes.ChunkedInputStream;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * A stored object as a stream: fetched in ranges, several at once, each repeated if its connection is lost, handed on in
 * order. At its end the SHA-256 is compared with the manifest's, and a difference is an exception instead of an end.
 *
 * <p>Memory is {@code parallelism} ranges. Read by one thread.
 */
public final class StoredObjectStream extends ChunkedInputStream {

    private final ObjectStore store;
    private final StoredPart object;
    private final RetryPolicy retry;
    private final ThreadPoolExecutor fetchers;
    private final int parallelism;
    private final int rangeBytes;
    private final MessageDigest digest = Digests.sha256();
    private final Deque<Future<byte[]>> ranges = new ArrayDeque<>();
    private byte[] current = new byte[0];
    private int position;
    private long nextOffset;
    private boolean ended;

    /** A stream over an object of a backup. Nothing is fetched before the first read. */
    public StoredObjectStream(
            ObjectStore store,
            StoredPart object,
            RetryPolicy retry,
            ThreadPoolExecutor fetchers,
            int parallelism,
            int rangeBytes) {
        this.store = store;
        this.object = object;
        this.retry = retry;
        this.fetchers = fetchers;
        this.parallelism = parallelism;
        this.rangeBytes = rangeBytes;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (position == current.length && !next()) {
            return -1;
        }
        int n = Math.min(length, current.length - position);
        System.arraycopy(current, position, target, offset, n);
        position += n;
        return n;
    }

    private boolean next() {
        if (ended) {
            return false;
        }
        while (ranges.size() < parallelism && nextOffset < object.bytes()) {
            long from = nextOffset;
            int size = (int) Math.min(rangeBytes, object.bytes() - from);
            nextOffset += size;
            ranges.addLast(fetchers.submit(() -> fetch(from, size)));
        }
        Future<byte[]> range = ranges.pollFirst();
        if (range == null) {
            ended = true;
            compareDigest();
            return false;
        }
        current = await(range);
        position = 0;
        digest.update(current);
        return true;
    }

    private byte[] fetch(long from, int size) {
        return retry.call("get", () -> {
            try (InputStream in = store.open(object.key(), from, size)) {
                return in.readNBytes(size);
            } catch (IOException e) {
                throw new StoreException(
                        StoreException.Kind.TRANSIENT, "get " + object.key() + ": " + e.getMessage(), e);
            }
        });
    }

    private static byte[] await(Future<byte[]> range) {
        try {
            return range.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while reading from the store", e);
        } catch (ExecutionException e) {
            throw BackupException.of(e.getCause() == null ? e : e.getCause());
        }
    }

    private void compareDigest() {
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(object.sha256())) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED,
                    object.key() + ": SHA-256 is " + found + ", in the manifest it is " + object.sha256());
        }
    }

    @Override
    public void close() {
        ranges.forEach(range -> range.cancel(true));
        ranges.clear();
    }
}
