package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import io.minio.CompleteMultipartUploadArgs;
import io.minio.ObjectWriteResponse;
import io.minio.UploadPartArgs;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A multipart upload. It carries a mark in the object's metadata, so that afterwards it can be told from another object of
 * the same key: the store's answer to Complete may be lost, empty, or an error inside a 200, and then only a look at the
 * object decides.
 */
final class S3Write implements MultipartWrite {

    static final String MARK = "pgpool-write";

    private final S3Store store;
    private final String key;
    private final String uploadId;
    private final String mark;

    S3Write(S3Store store, String key, String uploadId, String mark) {
        this.store = store;
        this.key = key;
        this.uploadId = uploadId;
        this.mark = mark;
    }

    @Override
    public String id() {
        return uploadId;
    }

    @Override
    public PartReceipt put(Part part) {
        UploadPartArgs args = UploadPartArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .object(key)
                .uploadId(uploadId)
                .partNumber(part.number())
                .buffer(new PartBody(part.data(), part.length()))
                .headers(store.headers().ofPart(part.crc32c()))
                .build();
        String etag = S3Calls.await(
                        "part " + part.number() + " of " + key,
                        () -> store.client().uploadPart(args))
                .part()
                .etag();
        return new PartReceipt(part.number(), part.length(), etag, part.crc32c());
    }

    @Override
    public StoredObject complete(List<PartReceipt> parts) {
        io.minio.messages.Part[] named = parts.stream()
                .map(p -> new io.minio.messages.Part(
                        p.number(), p.etag(), null, S3Headers.base64(p.crc32c()), null, null, null))
                .toArray(io.minio.messages.Part[]::new);
        CompleteMultipartUploadArgs args = CompleteMultipartUploadArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .object(key)
                .uploadId(uploadId)
                .parts(named)
                .maxRetries(1)
                .build();
        try {
            ObjectWriteResponse response =
                    S3Calls.await("complete " + key, () -> store.client().completeMultipartUpload(args));
            return confirmOrTrust(parts, String.valueOf(response.etag()).replace("\"", ""))
                    .orElseThrow(() -> new StoreException(
                            Kind.TRANSIENT,
                            "complete " + key + ": the store reported success but the object is not there"));
        } catch (StoreException e) {
            if (e.kind() == Kind.TRANSIENT || e.kind() == Kind.NOT_FOUND) {
                return confirm(parts, "").orElseThrow(() -> e);
            }
            throw e;
        }
    }

    /** A credential that may write but not look has only the store's word: the ETag in a well-formed answer. */
    private Optional<StoredObject> confirmOrTrust(List<PartReceipt> parts, String etag) {
        try {
            return confirm(parts, etag);
        } catch (StoreException e) {
            if (e.kind() != Kind.DENIED || etag.isEmpty() || etag.equals("null")) {
                throw e;
            }
            long size = parts.stream().mapToLong(PartReceipt::size).sum();
            return Optional.of(StoredObject.listed(key, size, etag, Instant.now()));
        }
    }

    private Optional<StoredObject> confirm(List<PartReceipt> parts, String etag) {
        Optional<StoredObject> present =
                store.stat(key).filter(object -> mark.equals(object.metadata().get(MARK)));
        long expected = parts.stream().mapToLong(PartReceipt::size).sum();
        present.ifPresent(object -> {
            if (object.size() != expected) {
                throw new StoreException(
                        Kind.INTEGRITY, key + ": the store has " + object.size() + " bytes, sent were " + expected);
            }
            if (etag.endsWith("-" + parts.size()) && !etag.equals(object.etag())) {
                throw new StoreException(
                        Kind.INTEGRITY, key + ": ETag " + object.etag() + " differs from that at completion " + etag);
            }
            String checksum = object.checksum();
            if (checksum != null && checksum.contains("-") && !checksum.equals(composite(parts))) {
                throw new StoreException(
                        Kind.INTEGRITY, key + ": CRC32C " + checksum + " differs from that of the parts sent");
            }
        });
        return present;
    }

    /** The checksum of the parts' checksums, as S3 defines it for multipart objects. */
    static String composite(List<PartReceipt> parts) {
        CRC32C crc = new CRC32C();
        for (PartReceipt part : parts) {
            crc.update(ByteBuffer.allocate(4).putInt(part.crc32c()).flip());
        }
        byte[] sum = ByteBuffer.allocate(4).putInt((int) crc.getValue()).array();
        return Base64.getEncoder().encodeToString(sum) + "-" + parts.size();
    }

    @Override
    public void abort() {
        store.abort(new PendingWrite(key, uploadId, Instant.now()));
    }
}
