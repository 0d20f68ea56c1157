package dev.pgpool.backup.internal.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.catalog.KeyLayout.BackupKey;
import dev.pgpool.backup.internal.catalog.ManifestCodec.UnreadableManifest;
import dev.pgpool.backup.internal.json.Json;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The backups in the store, read from their manifests; what has no manifest is no backup. Manifests never change, so one that
 * was read is remembered by its ETag. Safe for many threads.
 */
public final class Catalog {

    private static final PeerLog LOGGER = PeerLog.of(Catalog.class);
    /** What the objects of a backup are called. */
    private static final Set<String> FILES = Stream.concat(
                    Stream.of(KeyLayout.GLOBALS), Stream.of(DumpFormat.values()).map(DumpFormat::fileName))
            .collect(Collectors.toUnmodifiableSet());

    private static final int MAX_DOCUMENT_BYTES = 64 << 20;

    private final ObjectStore store;
    private final KeyLayout layout;
    private final RetryPolicy retry;
    private final Encryption encryption;
    private final ExecutorService readers;
    private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();

    /** A catalog of the cluster of this layout. */
    public Catalog(
            ObjectStore store, KeyLayout layout, RetryPolicy retry, Encryption encryption, ExecutorService readers) {
        this.store = store;
        this.encryption = encryption;
        this.layout = layout;
        this.retry = retry;
        this.readers = readers;
    }

    /** What a pin says. */
    public record Pin(String reason, Instant at) {}

    /** What a verification found. */
    public record Verification(VerifyLevel level, boolean passed, Instant at) {}

    private record Remembered(String etag, @Nullable BackupManifest manifest, String problem) {}

    /** The layout. */
    public KeyLayout layout() {
        return layout;
    }

    /** All backups of the cluster, by database and age, oldest first. */
    public List<CatalogEntry> all() {
        return list(layout.root());
    }

    /** The backups of one database, oldest first. */
    public List<CatalogEntry> of(String database) {
        return list(layout.database(database));
    }

    private List<CatalogEntry> list(String prefix) {
        List<StoredObject> manifests = new ArrayList<>();
        Map<String, StoredObject> state = new HashMap<>();
        retry.call("list", () -> {
            manifests.clear();
            state.clear();
            store.list(prefix, object -> {
                if (layout.parse(object.key())
                        .filter(key -> key.file().equals(KeyLayout.MANIFEST))
                        .isPresent()) {
                    manifests.add(object);
                }
            });
            store.list(layout.state(), object -> state.put(object.key(), object));
            return true;
        });
        List<Future<CatalogEntry>> entries = new ArrayList<>();
        for (StoredObject object : manifests) {
            BackupKey key = layout.parse(object.key()).orElseThrow();
            entries.add(readers.submit(() -> entry(key, object, state)));
        }
        List<CatalogEntry> result = new ArrayList<>();
        entries.forEach(entry -> result.add(await(entry)));
        result.sort(Comparator.comparing(CatalogEntry::database)
                .thenComparing(Catalog::sortTime)
                .thenComparing(CatalogEntry::id));
        return result;
    }

    private static Instant sortTime(CatalogEntry entry) {
        BackupManifest manifest = entry.manifest();
        return manifest == null ? entry.id().time() : manifest.startedAt();
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while reading the catalog", e);
        } catch (ExecutionException e) {
            throw BackupException.of(e.getCause() == null ? e : e.getCause());
        }
    }

    private CatalogEntry entry(BackupKey key, StoredObject object, Map<String, StoredObject> state) {
        Remembered read = remembered.get(object.key());
        if (read == null || !read.etag().equals(object.etag())) {
            read = read(key, object);
            remembered.put(object.key(), read);
        }
        BackupManifest manifest = read.manifest();
        Verification verification = state.containsKey(layout.verified(key.database(), key.id()))
                ? state(layout.verified(key.database(), key.id()), Verification.class)
                        .orElse(null)
                : null;
        String pin = state.containsKey(layout.pin(key.database(), key.id()))
                ? state(layout.pin(key.database(), key.id()), Pin.class)
                        .map(Pin::reason)
                        // What keeps a backup does no harm, and may have been a pin before a stranger spoiled it.
                        .orElse("(unreadable pin)")
                : null;
        boolean passed = verification != null && verification.passed();
        return new CatalogEntry(
                key.database(),
                key.id(),
                object.key(),
                manifest,
                read.problem(),
                pin,
                manifest == null ? null : manifest.lockedUntil(),
                passed && verification != null ? verification.level() : VerifyLevel.NONE,
                passed && verification != null ? verification.at() : null);
    }

    private Remembered read(BackupKey key, StoredObject object) {
        try {
            BackupManifest manifest = ManifestCodec.decode(bytes(object.key(), object.size()), encryption);
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
            return new Remembered(object.etag(), manifest, "");
        } catch (UnreadableManifest e) {
            return new Remembered(object.etag(), null, String.valueOf(e.getMessage()));
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.DENIED || e.kind() == StoreException.Kind.NOT_FOUND) {
                return new Remembered("", null, String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    private byte[] bytes(String key, long size) throws UnreadableManifest {
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

    /** A small JSON object of ours, or empty if it is missing or not what it should be. Whoever may write to the store may have. */
    public <T> Optional<T> document(String key, Class<T> type) {
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

    /** What is believed: one of ours, and with keys one that was written with them, and for this place. */
    private <T> Optional<T> state(String key, Class<T> type) {
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

    private byte[] sealed(String key, Object document) {
        return SealedDocument.write(json(key, document), encryption, layout.cluster(), relative(key));
    }

    /** The place without what an administrator may change: a copied bucket stays readable. */
    private String relative(String key) {
        return key.substring(layout.root().length());
    }

    private void write(String key, Object document) {
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

    /** Keeps a backup from retention. */
    public void pin(String database, BackupId id, String reason, Instant now) {
        find(database, id);
        write(layout.pin(database, id), new Pin(reason, now));
    }

    /** Gives it back to retention. */
    public void unpin(String database, BackupId id) {
        var failures = retry.call("delete", () -> store.delete(List.of(layout.pin(database, id))));
        if (!failures.isEmpty()) {
            throw new BackupException(
                    FailureReason.STORE_DENIED,
                    "unpin " + id + ": " + failures.get(0).reason());
        }
    }

    /** When each backup was last verified, well or not, by the key of what was found. */
    public Map<String, Instant> verificationTimes() {
        List<String> keys = new ArrayList<>();
        retry.call("list", () -> {
            keys.clear();
            store.list(layout.state() + "verified/", object -> keys.add(object.key()));
            return true;
        });
        Map<String, Future<Optional<Verification>>> found = new HashMap<>();
        keys.forEach(key -> found.put(key, readers.submit(() -> state(key, Verification.class))));
        Map<String, Instant> times = new HashMap<>();
        found.forEach((key, verification) -> await(verification).ifPresent(of -> times.put(key, of.at())));
        return times;
    }

    /** Remembers a verification. */
    public void record(VerifyReport report) {
        write(
                layout.verified(report.database(), report.id()),
                new Verification(report.reached(), report.passed(), report.finishedAt()));
    }

    /** Remembers how a run ended. Tried once after a failure, which may be the store's own. */
    public void record(LastRun run) {
        if (run.outcome() == RunReport.Outcome.SUCCESS) {
            write(layout.lastRun(), run);
        } else {
            store.put(layout.lastRun(), sealed(layout.lastRun(), run), WriteOptions.of("application/json"));
        }
    }

    /** How the last run ended, or empty if that is not known. */
    public Optional<LastRun> lastRun() {
        return state(layout.lastRun(), LastRun.class);
    }

    /** One backup. */
    public CatalogEntry find(String database, BackupId id) {
        return of(database).stream()
                .filter(entry -> entry.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new BackupException(
                        FailureReason.NOT_FOUND,
                        "no backup " + id + " of \"" + database + "\" in " + store.describe()));
    }

    /** The newest id of all databases, or {@code null}. */
    public @Nullable BackupId newestId() {
        return all().stream()
                .map(CatalogEntry::id)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }
}
