package dev.pgpool.backup.internal.catalog;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.catalog.KeyLayout.BackupKey;
import dev.pgpool.backup.internal.catalog.ManifestCodec.UnreadableManifest;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads manifests from the store. Manifests never change, so one that was read is kept with its ETag. Safe for many threads.
 */
final class ManifestReader {

    /** What the objects of a backup are called. */
    private static final Set<String> FILES = Stream.concat(
                    Stream.of(KeyLayout.GLOBALS), Stream.of(DumpFormat.values()).map(DumpFormat::fileName))
            .collect(Collectors.toUnmodifiableSet());

    private final StateDocuments documents;
    private final KeyLayout layout;
    private final Encryption encryption;
    private final Map<String, Read> cache = new ConcurrentHashMap<>();

    ManifestReader(StateDocuments documents, KeyLayout layout, Encryption encryption) {
        this.documents = documents;
        this.layout = layout;
        this.encryption = encryption;
    }

    /**
     * What was read.
     *
     * @param etag of the object
     * @param manifest or {@code null} if it cannot be read
     * @param problem why it cannot be read, else empty
     */
    record Read(String etag, @Nullable BackupManifest manifest, String problem) {}

    /** The manifest of a key, from the store only if it is not known yet. */
    Read of(BackupKey key, StoredObject object) {
        Read known = cache.get(object.key());
        if (known == null || !known.etag().equals(object.etag())) {
            known = read(key, object);
            cache.put(object.key(), known);
        }
        return known;
    }

    private Read read(BackupKey key, StoredObject object) {
        try {
            BackupManifest manifest = ManifestCodec.decode(documents.bytes(object.key(), object.size()), encryption);
            String home = layout.backup(key.database(), key.id());
            if (!manifest.database().equals(key.database()) || !manifest.id().equals(key.id())) {
                throw new UnreadableManifest(
                        "it is the manifest of " + manifest.id() + " of \"" + manifest.database() + "\"");
            }
            // Deleting goes by the manifest's keys; one that names foreign objects must not get them deleted.
            if (!manifest.objects().stream()
                    .allMatch(part -> part.key().startsWith(home)
                            && FILES.contains(part.key().substring(home.length())))) {
                throw new UnreadableManifest("it names objects outside of its backup");
            }
            return new Read(object.etag(), manifest, "");
        } catch (UnreadableManifest e) {
            return new Read(object.etag(), null, String.valueOf(e.getMessage()));
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.DENIED || e.kind() == StoreException.Kind.NOT_FOUND) {
                return new Read("", null, String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }
}
