package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import io.minio.AbortMultipartUploadArgs;
import io.minio.ListMultipartUploadsArgs;
import io.minio.ListPartsArgs;
import io.minio.messages.ListMultipartUploadsResult;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The unfinished multipart uploads of a bucket: lists and aborts them. */
final class S3Uploads {

    private static final int ABORT_ROUNDS = 10;

    private final S3Store store;

    S3Uploads(S3Store store) {
        this.store = store;
    }

    void list(String prefix, Consumer<PendingWrite> sink) {
        String keyMarker = null;
        String idMarker = null;
        while (true) {
            ListMultipartUploadsResult page = uploads(prefix, keyMarker, idMarker);
            for (ListMultipartUploadsResult.Upload upload : page.uploads()) {
                ZonedDateTime initiated = upload.initiated();
                // Some stores ignore the prefix here; an upload of another program must never be touched.
                if (upload.objectName().startsWith(prefix)) {
                    sink.accept(new PendingWrite(
                            upload.objectName(),
                            upload.uploadId(),
                            initiated == null ? Instant.now() : initiated.toInstant()));
                }
            }
            if (!page.isTruncated() || page.nextKeyMarker() == null) {
                return;
            }
            keyMarker = page.nextKeyMarker();
            idMarker = page.nextUploadIdMarker();
        }
    }

    private ListMultipartUploadsResult uploads(String prefix, @Nullable String keyMarker, @Nullable String idMarker) {
        ListMultipartUploadsArgs.Builder args = ListMultipartUploadsArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .prefix(prefix)
                .maxUploads(1000);
        if (keyMarker != null) {
            args.keyMarker(keyMarker);
        }
        if (idMarker != null) {
            args.uploadIdMarker(idMarker);
        }
        ListMultipartUploadsArgs built = args.build();
        return S3Calls.await("list uploads " + prefix, () -> store.client().listMultipartUploads(built))
                .result();
    }

    void abort(PendingWrite write) {
        // An abort can race with a part that is still arriving; the store is asked until it knows of no part any more.
        for (int round = 0; round < ABORT_ROUNDS; round++) {
            if (!abortOnce(write) || gone(write)) {
                return;
            }
        }
        throw new StoreException(Kind.TRANSIENT, "abort " + write.key() + ": parts still listed after abort");
    }

    private boolean abortOnce(PendingWrite write) {
        AbortMultipartUploadArgs args = AbortMultipartUploadArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .object(write.key())
                .uploadId(write.id())
                .build();
        try {
            S3Calls.await("abort " + write.key(), () -> store.client().abortMultipartUpload(args));
            return true;
        } catch (StoreException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    private boolean gone(PendingWrite write) {
        ListPartsArgs args = ListPartsArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .object(write.key())
                .uploadId(write.id())
                .maxParts(1)
                .build();
        try {
            return S3Calls.await(
                            "list parts " + write.key(), () -> store.client().listParts(args))
                    .result()
                    .parts()
                    .isEmpty();
        } catch (StoreException e) {
            return e.kind() == Kind.NOT_FOUND || e.kind() == Kind.UNSUPPORTED || e.kind() == Kind.DENIED;
        }
    }
}
