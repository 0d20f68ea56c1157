package dev.pgpool.backup.spring;

import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.S3Encryption;
import dev.pgpool.backup.store.S3Store;
import dev.pgpool.backup.store.S3StoreBuilder;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where backups go, as properties say it: a bucket or a directory. */
final class StoreSettings {
    private @Nullable Path directory;
    private @Nullable Consumer<S3StoreBuilder> bucket;
    private @Nullable S3Encryption encryption;

    /** Default none. A directory below which backups are files; made if it is missing. */
    public StoreSettings directory(Path root) {
        directory = root;
        return this;
    }

    /** Default none. A bucket of S3 or of a store that speaks its protocol. */
    public StoreSettings s3(Consumer<S3StoreBuilder> description) {
        bucket = description;
        return this;
    }

    /** Default false. Whether the bucket encrypts by keys of its own (SSE-S3). */
    public StoreSettings encryptedByStore(boolean on) {
        encryption = on ? new S3Encryption.StoreManaged() : null;
        return this;
    }

    /** Default none. The key of the store's key service that the bucket encrypts by (SSE-KMS). */
    public StoreSettings encryptedByKey(String keyId) {
        encryption = new S3Encryption.KeyService(keyId);
        return this;
    }

    ObjectStore store() {
        if (directory != null && bucket == null) {
            return new DirectoryStore(directory);
        }
        if (bucket == null || directory != null) {
            throw new IllegalArgumentException(
                    (directory == null ? "neither" : "both") + " (expected: a directory or s3)");
        }
        S3StoreBuilder builder = S3Store.builder();
        bucket.accept(builder);
        if (encryption != null) {
            builder.serverSideEncryption(encryption);
        }
        return builder.build();
    }
}
