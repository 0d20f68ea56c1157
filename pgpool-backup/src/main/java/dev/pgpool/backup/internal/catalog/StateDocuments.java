package dev.pgpool.backup.internal.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pgpool.backup.internal.catalog.ManifestCodec.UnreadableManifest;
import dev.pgpool.backup.internal.json.Json;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Small documents that say what happened to backups: pins, results of verifications, the last run. Safe for many threads. */
final class StateDocuments {

    private static final PeerLog LOGGER = PeerLog.of(StateDocuments.class);
    static final int MAX_DOCUMENT_BYTES = 64 << 20;

    private final ObjectStore store;
    private final KeyLayout layout;
    private final RetryPolicy retry;
    private final Encryption encryption;

    StateDocuments(ObjectStore store, KeyLayout layout, RetryPolicy retry, Encryption encryption) {
        this.store = store;
        this.layout = layout;
        this.retry = retry;
        this.encryption = encryption;
    }

    /** All bytes of an object. */
    byte[] bytes(String key, long size) throws UnreadableManifest {
        if (size < 1 || size > MAX_DOCUMENT_BYTES) {
            throw new UnreadableManifest("it has " + size + " bytes");
        }
        return retry.call("get", () -> {
            try (InputStream in = store.open(key, 0, size)) {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new StoreException(StoreException.Kind.TRANSIENT, "get " + key + ": " + e.getMessage(), e);
            }
        });
    }

    /**
     * A small JSON object of ours, or empty if it is missing or not what it should be: any process with access to the store
     * may have written it.
     */
    <T> Optional<T> document(String key, Class<T> type) {
        return content(key).flatMap(content -> {
            try {
                return Optional.of(Json.MAPPER.readValue(content, type));
            } catch (IOException e) {
                return Optional.empty();
            }
        });
    }

    private Optional<byte[]> content(String key) {
        Optional<StoredObject> object = retry.call("stat", () -> store.stat(key));
        if (object.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(bytes(key, object.get().size()));
        } catch (UnreadableManifest e) {
            return Optional.empty();
        }
    }

    /** A document of ours; with keys, only one that was written with them and for this place. */
    <T> Optional<T> state(String key, Class<T> type) {
        return content(key).flatMap(content -> {
            try {
                return Optional.of(Json.MAPPER.readValue(
                        SealedDocument.open(content, encryption, layout.cluster(), relative(key)), type));
            } catch (UnreadableManifest | IOException e) {
                LOGGER.warn("{} in {} is not believed: {}", key, store.describe(), e.getMessage());
                return Optional.empty();
            }
        });
    }

    byte[] sealed(String key, Object document) {
        return SealedDocument.write(json(key, document), encryption, layout.cluster(), relative(key));
    }

    /** The place without what an administrator may change: a copied bucket stays readable. */
    private String relative(String key) {
        return key.substring(layout.root().length());
    }

    void write(String key, Object document) {
        byte[] content = sealed(key, document);
        retry.call("put", () -> store.put(key, content, WriteOptions.of("application/json")));
    }

    private static byte[] json(String key, Object document) {
        try {
            return Json.MAPPER.writeValueAsBytes(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + key, e);
        }
    }
}
