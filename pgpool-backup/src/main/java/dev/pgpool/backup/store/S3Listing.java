package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import io.minio.ListObjectsV2Args;
import io.minio.messages.Contents;
import io.minio.messages.ListBucketResultV2;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lists the objects of a bucket, page by page. */
final class S3Listing {

    private final S3Store store;

    S3Listing(S3Store store) {
        this.store = store;
    }

    void list(String prefix, Consumer<StoredObject> sink) {
        String token = null;
        do {
            ListBucketResultV2 page = page(prefix, token);
            for (Contents item : page.contents()) {
                String etag = item.etag();
                ZonedDateTime modified = item.lastModified();
                sink.accept(StoredObject.listed(
                        item.objectName(),
                        item.size(),
                        etag == null ? "" : etag.replace("\"", ""),
                        modified == null ? Instant.EPOCH : modified.toInstant()));
            }
            token = page.isTruncated() ? nextToken(page, prefix, token) : null;
        } while (token != null);
    }

    private ListBucketResultV2 page(String prefix, @Nullable String token) {
        ListObjectsV2Args args = ListObjectsV2Args.builder()
                .bucket(store.bucket())
                .region(store.region())
                .prefix(prefix)
                .continuationToken(token)
                .build();
        return S3Calls.await("list " + prefix, () -> store.client().listObjectsV2(args))
                .result();
    }

    /**
     * The client's own listing takes a page that says there is more, but not where, for the last one: the rest would be
     * missing.
     */
    private static String nextToken(ListBucketResultV2 page, String prefix, @Nullable String token) {
        String next = page.nextContinuationToken();
        if (next == null || next.isEmpty() || next.equals(token)) {
            throw new StoreException(
                    Kind.TRANSIENT,
                    "list " + prefix + ": a page says that there are more, with token \"" + next
                            + "\" (expected: the next page's)");
        }
        return next;
    }
}
