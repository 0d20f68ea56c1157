package dev.pgpool.backup.store;

import io.minio.DeleteObjectsArgs;
import io.minio.DeleteObjectsResponse;
import io.minio.messages.DeleteRequest;
import io.minio.messages.DeleteResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Deletes objects of a bucket, in batches. */
final class S3Deletion {

    private static final int DELETE_BATCH = 1000;

    private final S3Store store;

    S3Deletion(S3Store store) {
        this.store = store;
    }

    List<DeleteFailure> delete(Collection<String> keys) {
        List<DeleteFailure> failures = new ArrayList<>();
        List<String> all = List.copyOf(keys);
        for (int from = 0; from < all.size(); from += DELETE_BATCH) {
            deleteBatch(all.subList(from, Math.min(all.size(), from + DELETE_BATCH)), failures);
        }
        return failures;
    }

    private void deleteBatch(List<String> keys, List<DeleteFailure> failures) {
        DeleteObjectsArgs args = DeleteObjectsArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .objects(keys.stream().map(DeleteRequest.Object::new).toList())
                .quiet(false)
                .build();
        DeleteResult result;
        try {
            DeleteObjectsResponse response =
                    S3Calls.await("delete", () -> store.client().deleteObjects(args));
            result = response.result();
        } catch (StoreException e) {
            if (e.retryable()) {
                throw e;
            }
            keys.forEach(key -> failures.add(new DeleteFailure(key, String.valueOf(e.getMessage()))));
            return;
        }
        Set<String> open = new HashSet<>(keys);
        for (DeleteResult.Error error : result.errors()) {
            open.remove(error.objectName());
            if (!"NoSuchKey".equals(error.code())) {
                failures.add(
                        new DeleteFailure(String.valueOf(error.objectName()), error.code() + ": " + error.message()));
            }
        }
        result.objects().forEach(deleted -> open.remove(deleted.name()));
        // A key in neither list may still be there.
        open.forEach(key -> failures.add(new DeleteFailure(key, "the store gave no answer for this key")));
    }
}
