package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import io.minio.CreateMultipartUploadArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.MinioAsyncClient;
import io.minio.ObjectWriteResponse;
import io.minio.PutObjectAPIArgs;
import io.minio.StatObjectArgs;
import java.io.InputStream;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * Objects in a bucket of any S3 endpoint (MinIO, Amazon, Ceph, ...), by the MinIO client's low-level calls. Each part and
 * object goes with its CRC32C, which the store checks; completion of a multipart write is believed only after the store
 * described the object.
 */
public final class S3Store implements ObjectStore {

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

    S3Settings settings() {
        return settings;
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
            return Optional.of(S3Headers.describe(key, S3Calls.await("stat " + key, () -> client().statObject(args))));
        } catch (StoreException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
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
        new S3Listing(this).list(prefix, sink);
    }

    @Override
    public List<DeleteFailure> delete(Collection<String> keys) {
        return new S3Deletion(this).delete(keys);
    }

    @Override
    public void pendingWrites(String prefix, Consumer<PendingWrite> sink) {
        new S3Uploads(this).list(prefix, sink);
    }

    @Override
    public void abort(PendingWrite write) {
        new S3Uploads(this).abort(write);
    }

    @Override
    public StoreReport probe(String prefix) {
        return new S3Probe(this).run(prefix);
    }

    @Override
    public void close() {
        connection.close();
    }
}
