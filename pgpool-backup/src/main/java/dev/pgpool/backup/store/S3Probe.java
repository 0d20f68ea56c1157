package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import io.minio.GetBucketVersioningArgs;
import io.minio.GetObjectLockConfigurationArgs;
import io.minio.GetObjectTagsArgs;
import io.minio.Http;
import io.minio.PutObjectAPIArgs;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/** Finds out what a bucket can do, by trying. */
final class S3Probe {

    private final S3Store store;

    S3Probe(S3Store store) {
        this.store = store;
    }

    StoreReport run(String prefix) {
        StoreProbe probe = new StoreProbe(store, prefix);
        Map<StoreFeature, String> findings = probe.run();
        probe.attempt(StoreFeature.VERSIONING, this::requireVersioning);
        probe.attempt(StoreFeature.OBJECT_LOCK, this::requireObjectLock);
        probe.attempt(StoreFeature.TAGS, () -> requireTags(prefix));
        requireSettings(findings);
        return new StoreReport(store.describe(), findings, probe.denied());
    }

    /** A tag or hold that was asked for and cannot be had would make every write of a backup fail, so it is told beforehand. */
    private void requireSettings(Map<StoreFeature, String> findings) {
        S3Settings.ObjectDefaults defaults = store.settings().defaults();
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
                .bucket(store.bucket())
                .region(store.region())
                .build();
        String status =
                String.valueOf(S3Calls.await("versioning", () -> store.client().getBucketVersioning(args))
                        .status());
        if (!status.equalsIgnoreCase("Enabled")) {
            throw new StoreException(Kind.UNSUPPORTED, "bucket versioning is " + status);
        }
    }

    private void requireObjectLock() {
        requireLocksInBucket();
        if (store.settings().defaults().lockMode() == null) {
            throw new StoreException(
                    Kind.UNSUPPORTED,
                    "the bucket has object locks, but the store no mode for them (expected: lockMode(...))");
        }
    }

    private void requireLocksInBucket() {
        GetObjectLockConfigurationArgs args = GetObjectLockConfigurationArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .build();
        S3Calls.await("object lock", () -> store.client().getObjectLockConfiguration(args));
    }

    private void requireTags(String prefix) {
        String key = prefix + "probe-tags-" + UUID.randomUUID();
        byte[] content = {1};
        CRC32C crc = new CRC32C();
        crc.update(content, 0, content.length);
        Http.Headers tagged = store.headers().ofObject(WriteOptions.of("text/plain"), (int) crc.getValue());
        tagged.put("x-amz-tagging", "probe=1");
        PutObjectAPIArgs args = PutObjectAPIArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .object(key)
                .buffer(new PartBody(content, content.length))
                .headers(tagged)
                .build();
        S3Calls.await("put with tag", () -> store.client().putObject(args));
        GetObjectTagsArgs get = GetObjectTagsArgs.builder()
                .bucket(store.bucket())
                .region(store.region())
                .object(key)
                .build();
        try {
            if (!S3Calls.await("get tags", () -> store.client().getObjectTags(get))
                    .get()
                    .containsKey("probe")) {
                throw new StoreException(Kind.UNSUPPORTED, "tags are accepted and forgotten");
            }
        } finally {
            store.delete(List.of(key));
        }
    }
}
