package dev.pgpool.examples;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupId;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.CatalogEntry;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.RestoreRequest;
import dev.pgpool.backup.RunReport;
import dev.pgpool.backup.VerifyLevel;
import dev.pgpool.backup.VerifyReport;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.S3Store;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * A backup's whole life in a minute: taken, listed, found damaged after a flipped byte, restored, compared, expired by a moved
 * clock. Keeps to a directory, or to S3 if the environment says {@code S3_ENDPOINT}, {@code S3_BUCKET}, {@code S3_ACCESS_KEY}
 * and {@code S3_SECRET_KEY} (then without the flipped byte, which needs the file).
 */
public final class BackupDemo {

    private final PgServer server;
    private final String database;
    private final Path directory;
    private final PrintStream out;

    /**
     * A demonstration.
     *
     * @param server to back up and to restore on; its role must be allowed to create databases
     * @param database to back up
     * @param directory for backups, unless S3 is configured
     * @param out where it tells what it does
     */
    public BackupDemo(PgServer server, String database, Path directory, PrintStream out) {
        this.server = server;
        this.database = database;
        this.directory = directory;
        this.out = out;
    }

    /**
     * Runs it.
     *
     * @return true if everything went as it should; false if it could not be shown here, with the reason printed
     */
    public boolean run() {
        Map<String, String> environment = System.getenv();
        ObjectStore store = store(environment, directory);
        boolean files = store instanceof DirectoryStore;
        try (BackupEngine engine = BackupEngine.builder()
                .source(server)
                .databases(database)
                .store(store)
                .verifyOn(server)
                .build()) {
            RunReport run = engine.run();
            if (!run.succeeded()) {
                out.println("backup: " + run.reason() + ": " + run.message());
                if (run.reason() == FailureReason.TOOL_MISSING) {
                    out.println("Backups need pg_dump and pg_restore on PATH (Debian and Ubuntu: apt install"
                            + " postgresql-client); the rest works without.");
                }
                return false;
            }
            out.println("Took backup " + run.id() + " into " + store.describe());
            out.print(engine.catalog().table());
            return (!files || showDamage(engine, run.id())) && showProof(engine, run.id()) && showRestore(engine);
        } catch (BackupException e) {
            out.println("backup: " + e.reason() + ": " + e.getMessage());
            return false;
        } finally {
            showExpiry(environment);
        }
    }

    /** The store that the environment asks for. */
    static ObjectStore store(Map<String, String> environment, Path directory) {
        String endpoint = environment.get("S3_ENDPOINT");
        if (endpoint == null) {
            return new DirectoryStore(directory);
        }
        return S3Store.builder()
                .endpoint(endpoint)
                .bucket(environment.getOrDefault("S3_BUCKET", ""))
                .region(environment.getOrDefault("S3_REGION", "us-east-1"))
                .credentials(
                        environment.getOrDefault("S3_ACCESS_KEY", ""), environment.getOrDefault("S3_SECRET_KEY", ""))
                .build();
    }

    private boolean showDamage(BackupEngine engine, BackupId id) {
        CatalogEntry entry = engine.catalog().show(database, id);
        BackupManifest manifest = Objects.requireNonNull(entry.manifest());
        Path data = directory.resolve(manifest.data().key());
        flip(data);
        VerifyReport damaged = engine.verify(database, id, VerifyLevel.CHECKSUM);
        out.println("One byte flipped: " + (damaged.passed() ? "NOT FOUND" : "found, " + damaged.problems()));
        flip(data);
        return !damaged.passed();
    }

    private static void flip(Path file) {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long middle = bytes.length() / 2;
            bytes.seek(middle);
            int old = bytes.read();
            bytes.seek(middle);
            bytes.write(old ^ 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean showProof(BackupEngine engine, BackupId id) {
        VerifyReport proof = engine.verify(database, id, VerifyLevel.CHECKED);
        out.println("Restored into a scratch database and compared: " + proof.reached() + " " + proof.problems());
        return proof.passed();
    }

    private boolean showRestore(BackupEngine engine) {
        String target = database + "_restored_" + Long.toString(System.nanoTime(), 36);
        var report = engine.restore(RestoreRequest.intoNew(new RestoreRequest.Latest(database), server, target));
        out.println("Restored " + report.manifest().id() + " into database \"" + target + "\" in "
                + report.duration().toMillis() + " ms");
        return true;
    }

    private void showExpiry(Map<String, String> environment) {
        // Forty days later the newest backup is stale: nothing is deleted, and the plan says why. That is what is to be
        // seen.
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(40));
        try (BackupEngine engine = BackupEngine.builder()
                .source(server)
                .databases(database)
                .store(store(environment, directory))
                .clock(later)
                .retention(RetentionPolicy.defaults())
                .build()) {
            out.println("Retention as it would be on " + Instant.now(later) + ":");
            engine.planRetention().forEach((name, plan) -> out.print(plan.table()));
        } catch (BackupException e) {
            out.println("retention: " + e.reason() + ": " + e.getMessage());
        }
    }
}
