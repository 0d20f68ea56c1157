package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import io.minio.AbortMultipartUploadArgs;
import io.minio.CreateMultipartUploadArgs;
import io.minio.DeleteObjectsArgs;
import io.minio.DeleteObjectsResponse;
import io.minio.GetBucketVersioningArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectLockConfigurationArgs;
import io.minio.GetObjectResponse;
import io.minio.GetObjectTagsArgs;
import io.minio.HeadObjectResponse;
import io.minio.Http;
import io.minio.ListMultipartUploadsArgs;
import io.minio.ListObjectsV2Args;
import io.minio.ListPartsArgs;
import io.minio.MinioAsyncClient;
import io.minio.ObjectWriteResponse;
import io.minio.PutObjectAPIArgs;
import io.minio.StatObjectArgs;
import io.minio.messages.Contents;
import io.minio.messages.DeleteRequest;
import io.minio.messages.DeleteResult;
import io.minio.messages.LegalHold;
import io.minio.messages.ListBucketResultV2;
import io.minio.messages.ListMultipartUploadsResult;
import java.io.InputStream;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Objects in a bucket of any S3 endpoint (MinIO, Amazon, Ceph, ...), by the MinIO client's low-level calls. Each part and
 * object goes with its CRC32C, which the store checks; completion of a multipart write is believed only after the store
 * described the object.
 */
public final class S3Store implements ObjectStore {

    private static final int DELETE_BATCH = 1000;
    private static final int ABORT_ROUNDS = 10;

    private final S3Settings settings;
    private final S3Headers headers;
    private final S3Connection connection;

    S3Store(S3Settings settings) {
        this.settings = settings;
        this.headers = new S3Headers(settings);
        this.connection = S3Connection.open(settings);
    }

    /** A builder. */
    public static S3StoreBuilder builder() {
        return new S3StoreBuilder();
    }

    @Override
    public String describe() {
        return "s3 " + settings.endpoint() + "/" + settings.bucket();
    }

    @Override
    public StoreLimits limits() {
        return settings.limits();
    }

    MinioAsyncClient client() {
        return connection.client();
    }

    S3Headers headers() {
        return headers;
    }

    String bucket() {
        return settings.bucket();
    }

    String region() {
        return settings.region();
    }

    @Override
    public StoredObject put(String key, byte[] content, WriteOptions options) {
        CRC32C crc = new CRC32C();
        crc.update(content, 0, content.length);
        PutObjectAPIArgs args = PutObjectAPIArgs.builder()
                .bucket(bucket())
                .region(region())
                .object(key)
                .buffer(new PartBody(content, content.length))
                .headers(headers.ofObject(options, (int) crc.getValue()))
                .contentType(options.contentType())
                .build();
        ObjectWriteResponse written = S3Calls.await("put " + key, () -> client().putObject(args));
        return new StoredObject(
                key,
                content.length,
                String.valueOf(written.etag()),
                Instant.now(),
                written.versionId(),
                null,
                options.lockUntil(),
                false,
                options.metadata());
    }

    @Override
    public MultipartWrite startMultipart(String key, WriteOptions options) {
        String mark = UUID.randomUUID().toString();
        Map<String, String> metadata = new HashMap<>(options.metadata());
        metadata.put(S3Write.MARK, mark);
        CreateMultipartUploadArgs args = CreateMultipartUploadArgs.builder()
                .bucket(bucket())
                .region(region())
                .object(key)
                .headers(headers.ofMultipart(options.with(metadata)))
                .build();
        String uploadId = S3Calls.await("start " + key, () -> client().createMultipartUpload(args))
                .result()
                .uploadId();
        return new S3Write(this, key, uploadId, mark);
    }

    @Override
    public Optional<StoredObject> stat(String key) {
        StatObjectArgs args = StatObjectArgs.builder()
                .bucket(bucket())
                .region(region())
                .object(key)
                .fetchChecksum(true)
                .build();
        try {
            return Optional.of(describe(key, S3Calls.await("stat " + key, () -> client().statObject(args))));
        } catch (StoreException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static StoredObject describe(String key, HeadObjectResponse head) {
        Map<String, String> metadata = new HashMap<>();
        String prefix = "x-amz-meta-";
        for (String name : head.headers().names()) {
            String lower = name.toLowerCase(Locale.ROOT);
            String value = head.headers().get(name);
            if (lower.startsWith(prefix) && value != null) {
                metadata.put(lower.substring(prefix.length()), value);
            }
        }
        ZonedDateTime lockedUntil = head.lockRetainUntilDate();
        LegalHold hold = head.lockLegalHold();
        return new StoredObject(
                key,
                head.size(),
                head.etag(),
                head.lastModified().toInstant(),
                head.versionId(),
                head.headers().get("x-amz-checksum-crc32c"),
                lockedUntil == null ? null : lockedUntil.toInstant(),
                hold != null && hold.status(),
                metadata);
    }

    @Override
    public InputStream open(String key, long offset, long length) {
        GetObjectArgs args = GetObjectArgs.builder()
                .bucket(bucket())
                .region(region())
                .object(key)
                .offset(offset)
                .length(length)
                .build();
        GetObjectResponse response = S3Calls.await("get " + key, () -> client().getObject(args));
        return new ExactInputStream(response, length, key);
    }

    @Override
    public void list(String prefix, Consumer<StoredObject> sink) {
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
                .bucket(bucket())
                .region(region())
                .prefix(prefix)
                .continuationToken(token)
                .build();
        return S3Calls.await("list " + prefix, () -> client().listObjectsV2(args))
                .result();
    }

    /** The client's own listing takes a page that says there is more, but not where, for the last one: the rest would be missing. */
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

    @Override
    public List<DeleteFailure> delete(Collection<String> keys) {
        List<DeleteFailure> failures = new ArrayList<>();
        List<String> all = List.copyOf(keys);
        for (int from = 0; from < all.size(); from += DELETE_BATCH) {
            deleteBatch(all.subList(from, Math.min(all.size(), from + DELETE_BATCH)), failures);
        }
        return failures;
    }

    private void deleteBatch(List<String> keys, List<DeleteFailure> failures) {
        DeleteObjectsArgs args = DeleteObjectsArgs.builder()
                .bucket(bucket())
                .region(region())
                .objects(keys.stream().map(DeleteRequest.Object::new).toList())
                .quiet(false)
                .build();
        DeleteResult result;
        try {
            DeleteObjectsResponse response = S3Calls.await("delete", () -> client().deleteObjects(args));
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
        // A key that the store mentions in neither list was not deleted as far as anyone can tell.
        open.forEach(key -> failures.add(new DeleteFailure(key, "the store gave no answer for this key")));
    }

    @Override
    public void pendingWrites(String prefix, Consumer<PendingWrite> sink) {
        String keyMarker = null;
        String idMarker = null;
        while (true) {
            ListMultipartUploadsResult page = uploads(prefix, keyMarker, idMarker);
            for (ListMultipartUploadsResult.Upload upload : page.uploads()) {
                ZonedDateTime initiated = upload.initiated();
                // Some stores ignore the prefix here; an upload of somebody else must never be touched.
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
                .bucket(bucket())
                .region(region())
                .prefix(prefix)
                .maxUploads(1000);
        if (keyMarker != null) {
            args.keyMarker(keyMarker);
        }
        if (idMarker != null) {
            args.uploadIdMarker(idMarker);
        }
        ListMultipartUploadsArgs built = args.build();
        return S3Calls.await("list uploads " + prefix, () -> client().listMultipartUploads(built))
                .result();
    }

    @Override
    public void abort(PendingWrite write) {
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
                .bucket(bucket())
                .region(region())
                .object(write.key())
                .uploadId(write.id())
                .build();
        try {
            S3Calls.await("abort " + write.key(), () -> client().abortMultipartUpload(args));
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
                .bucket(bucket())
                .region(region())
                .object(write.key())
                .uploadId(write.id())
                .maxParts(1)
                .build();
        try {
            return S3Calls.await("list parts " + write.key(), () -> client().listParts(args))
                    .result()
                    .parts()
                    .isEmpty();
        } catch (StoreException e) {
            return e.kind() == Kind.NOT_FOUND || e.kind() == Kind.UNSUPPORTED || e.kind() == Kind.DENIED;
        }
    }

    @Override
    public StoreReport probe(String prefix) {
        StoreProbe probe = new StoreProbe(this, prefix);
        Map<StoreFeature, String> findings = probe.run();
        probe.attempt(StoreFeature.VERSIONING, this::requireVersioning);
        probe.attempt(StoreFeature.OBJECT_LOCK, this::requireObjectLock);
        probe.attempt(StoreFeature.TAGS, () -> requireTags(prefix));
        requireSettings(findings);
        return new StoreReport(describe(), findings, probe.denied());
    }

    /** A tag or hold that was asked for and cannot be had would make every write of a backup fail, so it is told beforehand. */
    private void requireSettings(Map<StoreFeature, String> findings) {
        S3Settings.ObjectDefaults defaults = settings.defaults();
        if (!defaults.tags().isEmpty() && !StoreReport.YES.equals(findings.get(StoreFeature.TAGS))) {
            findings.put(StoreFeature.READ_WRITE, "tags were asked for, but: " + findings.get(StoreFeature.TAGS));
        }
        if (defaults.legalHold()) {
            try {
                requireLocksInBucket();
            } catch (StoreException e) {
                findings.put(StoreFeature.READ_WRITE, "a legal hold was asked for, but: " + e.getMessage());
            }
        }
    }

    private void requireVersioning() {
        GetBucketVersioningArgs args = GetBucketVersioningArgs.builder()
                .bucket(bucket())
                .region(region())
                .build();
        String status = String.valueOf(S3Calls.await("versioning", () -> client().getBucketVersioning(args))
                .status());
        if (!status.equalsIgnoreCase("Enabled")) {
            throw new StoreException(Kind.UNSUPPORTED, "bucket versioning is " + status);
        }
    }

    private void requireObjectLock() {
        requireLocksInBucket();
        if (settings.defaults().lockMode() == null) {
            throw new StoreException(
                    Kind.UNSUPPORTED,
                    "the bucket has object locks, but the store no mode for them (expected: lockMode(...))");
        }
    }

    private void requireLocksInBucket() {
        GetObjectLockConfigurationArgs args = GetObjectLockConfigurationArgs.builder()
                .bucket(bucket())
                .region(region())
                .build();
        S3Calls.await("object lock", () -> client().getObjectLockConfiguration(args));
    }

    private void requireTags(String prefix) {
        String key = prefix + "probe-tags-" + UUID.randomUUID();
        byte[] content = {1};
        CRC32C crc = new CRC32C();
        crc.update(content, 0, content.length);
        Http.Headers tagged = headers.ofObject(WriteOptions.of("text/plain"), (int) crc.getValue());
        tagged.put("x-amz-tagging", "probe=1");
        PutObjectAPIArgs args = PutObjectAPIArgs.builder()
                .bucket(bucket())
                .region(region())
                .object(key)
                .buffer(new PartBody(content, content.length))
                .headers(tagged)
                .build();
        S3Calls.await("put with tag", () -> client().putObject(args));
        GetObjectTagsArgs get = GetObjectTagsArgs.builder()
                .bucket(bucket())
                .region(region())
                .object(key)
                .build();
        try {
            if (!S3Calls.await("get tags", () -> client().getObjectTags(get))
                    .get()
                    .containsKey("probe")) {
                throw new StoreException(Kind.UNSUPPORTED, "tags are accepted and forgotten");
            }
        } finally {
            delete(List.of(key));
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
