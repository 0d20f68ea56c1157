package dev.pgpool.backup.internal.catalog;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.catalog.KeyLayout.BackupKey;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoredObject;
import dev.pgpool.backup.store.WriteOptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The backups in the store, read from their manifests; what has no manifest is no backup. Safe for many threads.
 */
public final class Catalog {

    private final ObjectStore store;
    private final KeyLayout layout;
    private final RetryPolicy retry;
    private final ExecutorService readers;
    private final StateDocuments documents;
    private final ManifestReader manifests;

    /** A catalog of the cluster of this layout. */
    public Catalog(
            ObjectStore store, KeyLayout layout, RetryPolicy retry, Encryption encryption, ExecutorService readers) {
        this.store = store;
        this.layout = layout;
        this.retry = retry;
        this.readers = readers;
        this.documents = new StateDocuments(store, layout, retry, encryption);
        this.manifests = new ManifestReader(documents, layout, encryption);
    }

    /** What a pin says. */
    public record Pin(String reason, Instant at) {}

    /** What a verification found. */
    public record Verification(VerifyLevel level, boolean passed, Instant at) {}

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
        ManifestReader.Read read = manifests.of(key, object);
        BackupManifest manifest = read.manifest();
        Verification verification = state.containsKey(layout.verified(key.database(), key.id()))
                ? documents
                        .state(layout.verified(key.database(), key.id()), Verification.class)
                        .orElse(null)
                : null;
        String pin = state.containsKey(layout.pin(key.database(), key.id()))
                ? documents
                        .state(layout.pin(key.database(), key.id()), Pin.class)
                        .map(Pin::reason)
                        // It may have been a pin before another process wrote over it, and keeping a backup does no
                        // harm.
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

    /** Keeps a backup from retention. */
    public void pin(String database, BackupId id, String reason, Instant now) {
        find(database, id);
        documents.write(layout.pin(database, id), new Pin(reason, now));
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
        keys.forEach(key -> found.put(key, readers.submit(() -> documents.state(key, Verification.class))));
        Map<String, Instant> times = new HashMap<>();
        found.forEach((key, verification) -> await(verification).ifPresent(of -> times.put(key, of.at())));
        return times;
    }

    /** Remembers a verification. */
    public void record(VerifyReport report) {
        documents.write(
                layout.verified(report.database(), report.id()),
                new Verification(report.reached(), report.passed(), report.finishedAt()));
    }

    /** Remembers how a run ended. Tried once after a failure, which may be the store's own. */
    public void record(LastRun run) {
        if (run.outcome() == RunReport.Outcome.SUCCESS) {
            documents.write(layout.lastRun(), run);
        } else {
            store.put(layout.lastRun(), documents.sealed(layout.lastRun(), run), WriteOptions.of("application/json"));
        }
    }

    /** How the last run ended, or empty if that is not known. */
    public Optional<LastRun> lastRun() {
        return documents.state(layout.lastRun(), LastRun.class);
    }

    /** A small JSON object of ours, or empty if it is missing or not what it should be. */
    public <T> Optional<T> document(String key, Class<T> type) {
        return documents.document(key, type);
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
