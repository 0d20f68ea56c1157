package dev.pgpool.backup;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.engine.Engine;
import dev.pgpool.backup.internal.settings.CheckedSettings;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.retention.RetentionPlan;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.StoreException;
import dev.pgpool.backup.store.StoreReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Takes, keeps, proves and restores backups of one PostgreSQL server. Methods block unless they say otherwise, and may be
 * called by any thread; at most one run is under way at a time.
 *
 * <pre>{@code
 * try (BackupEngine engine = BackupEngine.builder()
 *         .source(PgServer.of("db.example.org", 5432, "backup", password))
 *         .store(S3Store.builder().endpoint("https://s3.example.org").bucket("backups").credentials(id, secret).build())
 *         .schedule("30 2 * * *", ZoneId.of("Europe/Berlin"))
 *         .build()) {
 *     engine.start();
 *     ...
 * }
 * }</pre>
 */
public final class BackupEngine implements AutoCloseable {

    private final Engine engine;
    private final BackupConfig config;
    private final List<ObjectStore> stores;
    private final BackupCatalog catalog;

    BackupEngine(CheckedSettings settings) {
        this.engine = new Engine(settings);
        this.config = settings.config();
        this.stores = settings.stores();
        this.catalog = new BackupCatalog(engine);
    }

    /** A builder. */
    public static BackupEngineBuilder builder() {
        return new BackupEngineBuilder();
    }

    /** The settings. */
    public BackupConfig config() {
        return config;
    }

    /** Reads the catalog and starts the schedule, if there is one. Returns at once after that. */
    public void start() {
        engine.start();
    }

    /** Takes a backup of all chosen databases now. Failure is a report, not an exception. */
    public RunReport run() {
        return engine.run(Trigger.MANUAL);
    }

    /** The same on a thread of its own. */
    public CompletableFuture<RunReport> runAsync() {
        CompletableFuture<RunReport> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(run());
                    } catch (RuntimeException e) {
                        result.completeExceptionally(e);
                    }
                },
                "pgpool-backup-run");
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    /** Stops the run under way: pg_dump is ended, the upload aborted, the run reported as CANCELLED. Does not wait. */
    public void cancel() {
        engine.cancel("cancelled by the host");
    }

    /** What is there. */
    public BackupCatalog catalog() {
        return catalog;
    }

    /** What the store can do, found out by trying. */
    public StoreReport probeStore() {
        return calling(() -> engine.probe());
    }

    /**
     * What retention would do now, by database. Deletes nothing.
     *
     * @throws IllegalStateException if no policy is configured
     */
    public Map<String, RetentionPlan> planRetention() {
        policy();
        return calling(() -> engine.planRetention(config::retention));
    }

    /** What retention would do now under another policy. Deletes nothing. */
    public Map<String, RetentionPlan> planRetention(RetentionPolicy policy) {
        return calling(() -> engine.planRetention(database -> policy));
    }

    /** Applies retention now, for every database of the catalog, and returns what was decided. */
    public Map<String, RetentionPlan> prune() {
        policy();
        return calling(() -> engine.prune(config::retention));
    }

    /** Applies another policy now, once. */
    public Map<String, RetentionPlan> prune(RetentionPolicy policy) {
        return calling(() -> engine.prune(database -> policy));
    }

    private void policy() {
        boolean some = config.retention() != null
                || config.rules().stream().anyMatch(rule -> rule.settings().retention() != null);
        if (!some) {
            throw new IllegalStateException("no retention is configured (expected: retention(...))");
        }
    }

    /** Verifies one backup up to a level. A bad backup is a report, not an exception. */
    public VerifyReport verify(String database, BackupId id, VerifyLevel level) {
        return calling(() -> engine.verify(catalog.show(database, id), level));
    }

    /** Verifies the newest backup of each database up to the configured level. */
    public List<VerifyReport> verifyNewest() {
        return calling(() -> engine.verifyNewest(config.verification().level()));
    }

    /**
     * Restores a backup.
     *
     * @throws BackupException with RESTORE_REFUSED, KEY, VERSION_MISMATCH, NOT_FOUND if nothing was changed; with
     *     RESTORE_FAILED or VERIFY_FAILED if it failed on the way
     */
    public RestoreReport restore(RestoreRequest request) {
        return calling(() -> engine.restore(request));
    }

    /**
     * Verifies the backups that were verified least recently, those never verified first, up to the configured level; none is
     * begun once the time is used up.
     */
    public List<VerifyReport> verifyDue(Duration budget) {
        return calling(() -> engine.verifyDue(config.verification().level(), budget));
    }

    /**
     * Downloads a backup into files that {@code pg_restore} and {@code psql} read: decrypted, compared with the digests of the
     * manifest, readable by their owner only. They appear only once all of them are whole.
     *
     * @param directory made if it is missing
     * @return the files: data first, then {@code globals.sql}
     * @throws BackupException with NOT_FOUND, KEY or RESTORE_REFUSED if nothing was written; with VERIFY_FAILED if the backup is
     *     damaged, RESTORE_FAILED if the disk fails
     */
    public List<Path> export(String database, BackupId id, Path directory) {
        return calling(() -> engine.export(catalog.show(database, id), directory));
    }

    /**
     * Deletes one backup, in all stores.
     *
     * @throws BackupException with NOT_FOUND; with DELETE_REFUSED if it is pinned, locked, or the store refuses; with LOCKED if a
     *     run is under way
     */
    public void delete(String database, BackupId id) {
        Map<BackupId, String> kept = calling(() -> engine.delete(database, id));
        if (!kept.isEmpty()) {
            throw new BackupException(FailureReason.DELETE_REFUSED, "backup " + id + " stays: " + kept.get(id));
        }
    }

    /**
     * Deletes all backups of a database, in all stores, whatever the retention says, but for those that are pinned or locked.
     *
     * @return those that stay, each with the reason
     * @throws BackupException with NOT_FOUND if there are none, LOCKED if a run is under way
     */
    public Map<BackupId, String> deleteAll(String database) {
        return calling(() -> engine.delete(database, null));
    }

    /** Whatever goes wrong, a {@link BackupException} is thrown: the stores' own exceptions stay inside. */
    static <T> T calling(Supplier<T> step) {
        try {
            return step.get();
        } catch (StoreException e) {
            throw BackupException.of(e);
        }
    }

    /** Stops the schedule, cancels a run under way and waits for its end, then closes the store. Idempotent. */
    @Override
    public void close() {
        engine.close();
        stores.forEach(ObjectStore::close);
    }
}
