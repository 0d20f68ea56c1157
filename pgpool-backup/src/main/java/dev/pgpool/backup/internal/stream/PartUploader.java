package dev.pgpool.backup.internal.stream;

import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.MultipartWrite;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.Part;
import dev.pgpool.backup.store.PartReceipt;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.zip.CRC32C;

/**
 * Stores a stream of unknown length as one object, reading the next part while others are on their way.
 *
 * <p>Memory is a ring of {@code parallelism + 1} buffers: one is being filled, the others are being sent. One pass over the
 * bytes takes the CRC32C of each part and the SHA-256 of the whole. What ends before the first part is full goes by a single
 * put. On any failure the stream is read no further, no part is started, those under way are waited for, and the write is
 * aborted; the object then does not exist.
 */
public final class PartUploader {

    private static final PeerLog LOGGER = PeerLog.of(PartUploader.class);

    private final ObjectStore store;
    private final RetryPolicy retry;
    private final RetryPolicy cleaning;
    private final ThreadPoolExecutor senders;
    private final int parallelism;

    /**
     * An uploader.
     *
     * @param store to write to
     * @param retry for parts and completion
     * @param cleaning for the abort after a failure
     * @param senders runs the sending; as many threads as parts may be under way
     * @param parallelism parts under way at once for one object
     */
    public PartUploader(
            ObjectStore store, RetryPolicy retry, RetryPolicy cleaning, ThreadPoolExecutor senders, int parallelism) {
        this.store = store;
        this.retry = retry;
        this.cleaning = cleaning;
        this.senders = senders;
        this.parallelism = parallelism;
    }

    /**
     * Stores all of the stream.
     *
     * @param source read to its end by the calling thread, not closed
     * @throws BackupException for a failure of the source
     * @throws StoreException for one of the store
     */
    public UploadResult upload(
            String key, InputStream source, PartPlan plan, WriteOptions options, TransferProgress progress) {
        BufferRing ring = new BufferRing(parallelism + 1);
        MessageDigest digest = Digests.sha256();
        byte[] first = ring.take(plan.sizeOf(1), progress);
        int length = fill(source, first, plan.sizeOf(1), digest, progress);
        if (length < plan.sizeOf(1)) {
            byte[] content = Arrays.copyOf(first, length);
            progress.waiting(TransferProgress.Waiting.FOR_STORE);
            StoredObject object = retry.call("put", () -> putWhole(key, content, options));
            progress.stored(length);
            return new UploadResult(object, length, hex(digest), 0);
        }
        MultipartWrite write = retry.call("start", () -> store.startMultipart(key, options));
        Upload upload = new Upload(write, source, plan, ring, digest, progress);
        try {
            return upload.run(first, length);
        } catch (RuntimeException e) {
            upload.giveUp(e);
            throw e;
        }
    }

    private StoredObject putWhole(String key, byte[] content, WriteOptions options) {
        StoredObject put = store.put(key, content, options);
        StoredObject object = look(key, put)
                .orElseThrow(
                        () -> new StoreException(StoreException.Kind.TRANSIENT, key + ": not there after it was put"));
        if (object.size() != content.length) {
            throw new StoreException(
                    StoreException.Kind.INTEGRITY,
                    key + ": the store has " + object.size() + " bytes, sent were " + content.length);
        }
        return object;
    }

    /** What the store says now; for a credential that may not look, what it said when it took the object. */
    private Optional<StoredObject> look(String key, StoredObject put) {
        try {
            return store.stat(key);
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.DENIED) {
                return Optional.of(put);
            }
            throw e;
        }
    }

    private static int fill(
            InputStream source, byte[] buffer, int size, MessageDigest digest, TransferProgress progress) {
        progress.waiting(TransferProgress.Waiting.FOR_SOURCE);
        int length = 0;
        try {
            while (length < size) {
                int n = source.read(buffer, length, size - length);
                if (n < 0) {
                    break;
                }
                digest.update(buffer, length, n);
                length += n;
                progress.read(n);
                if (Thread.currentThread().isInterrupted()) {
                    throw new BackupException(FailureReason.CANCELLED, "interrupted while reading the source");
                }
            }
            return length;
        } catch (IOException e) {
            throw new BackupException(FailureReason.DUMP_EXIT, "reading the source: " + e.getMessage(), e);
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** One multipart write under way. Confined to the thread that reads the source. */
    private final class Upload {

        private final MultipartWrite write;
        private final InputStream source;
        private final PartPlan plan;
        private final BufferRing ring;
        private final MessageDigest digest;
        private final TransferProgress progress;
        private final List<Future<PartReceipt>> parts = new ArrayList<>();
        private long offset;

        Upload(
                MultipartWrite write,
                InputStream source,
                PartPlan plan,
                BufferRing ring,
                MessageDigest digest,
                TransferProgress progress) {
            this.write = write;
            this.source = source;
            this.plan = plan;
            this.ring = ring;
            this.digest = digest;
            this.progress = progress;
        }

        UploadResult run(byte[] first, int firstLength) {
            byte[] buffer = first;
            int length = firstLength;
            int number = 1;
            while (length > 0) {
                send(number, buffer, length);
                number++;
                int size = plan.sizeOf(number);
                buffer = ring.take(size, progress);
                failEarly();
                length = fill(source, buffer, size, digest, progress);
                if (length > 0) {
                    plan.check(number);
                }
            }
            progress.waiting(TransferProgress.Waiting.FOR_STORE);
            List<PartReceipt> receipts = new ArrayList<>(parts.size());
            for (Future<PartReceipt> part : parts) {
                receipts.add(receipt(part));
            }
            receipts.sort(Comparator.comparingInt(PartReceipt::number));
            StoredObject object = retry.call("complete", () -> write.complete(receipts));
            if (object.size() != offset) {
                throw new StoreException(
                        StoreException.Kind.INTEGRITY,
                        object.key() + ": the store has " + object.size() + " bytes, sent were " + offset);
            }
            return new UploadResult(object, offset, hex(digest), receipts.size());
        }

        private void send(int number, byte[] buffer, int length) {
            long start = offset;
            offset += length;
            parts.add(senders.submit(() -> {
                ring.begin();
                try {
                    CRC32C crc = new CRC32C();
                    crc.update(buffer, 0, length);
                    Part part = new Part(number, start, buffer, length, (int) crc.getValue());
                    PartReceipt receipt = retry.call(
                            "part",
                            e -> e.retryable() || e.kind() == StoreException.Kind.INTEGRITY,
                            () -> write.put(part));
                    progress.stored(length);
                    return receipt;
                } finally {
                    ring.give(buffer);
                }
            }));
        }

        /** Stops reading as soon as any part has failed: the rest of a long dump would be for nothing. */
        private void failEarly() {
            for (Future<PartReceipt> part : parts) {
                if (part.isDone()) {
                    receipt(part);
                }
            }
        }

        private PartReceipt receipt(Future<PartReceipt> part) {
            try {
                return part.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BackupException(FailureReason.CANCELLED, "interrupted while waiting for the store", e);
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                if (cause instanceof StoreException store) {
                    throw store;
                }
                throw BackupException.of(cause == null ? e : cause);
            }
        }

        void giveUp(RuntimeException failure) {
            // The interrupt that may have brought us here must not keep the abort from being sent.
            boolean interrupted = Thread.interrupted();
            try {
                parts.forEach(part -> part.cancel(true));
                ring.close();
                cleaning.call("abort", () -> {
                    write.abort();
                    return true;
                });
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
                LOGGER.warn("Unfinished upload stays until the next run sweeps it: {}", e.getMessage());
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
