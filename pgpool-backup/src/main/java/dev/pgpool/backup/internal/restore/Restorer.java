package dev.pgpool.backup.internal.restore;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.CatalogEntry;
import dev.pgpool.backup.DumpFormat;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.RestoreReport;
import dev.pgpool.backup.RestoreRequest;
import dev.pgpool.backup.RestoreRequest.Existing;
import dev.pgpool.backup.RestoreRequest.Globals;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.pg.GlobalsScript;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores a backup. Everything that can be refused is refused before anything is changed: key, versions, missing roles, a
 * target in use; and, where the target exists already, a damaged archive, which is then read to its end beforehand.
 */
public final class Restorer {

    private static final Logger LOGGER = LoggerFactory.getLogger(Restorer.class);

    private final ArchiveSource source;
    private final ArchiveLoader loader;
    private final ClientTools tools;

    /** A restorer. */
    public Restorer(ArchiveSource source, ArchiveLoader loader, ClientTools tools) {
        this.source = source;
        this.loader = loader;
        this.tools = tools;
    }

    /** Restores, or throws; a database that was made for it is dropped again on failure. */
    public RestoreReport restore(CatalogEntry entry, RestoreRequest request, SessionGroup sessions) {
        long begun = System.nanoTime();
        BackupManifest manifest = entry.manifest();
        if (manifest == null) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED, "backup " + entry.id() + ": manifest: " + entry.problem());
        }
        source.encryption().requireKey(manifest);
        Versions.requireReadable(tools, manifest);
        PgServer server = request.server();
        try (Connection admin = Sessions.open(server, server.adminDatabase(), sessions)) {
            int version = Integer.parseInt(String.valueOf(Sessions.value(admin, "SHOW server_version_num")));
            Versions.requireServer(version, manifest);
            boolean exists = TargetDatabase.exists(admin, request.target());
            requireTarget(request, manifest, exists, sessions);
            GlobalsScript globals = new GlobalsScript(source.globals(manifest));
            requireRoles(admin, manifest, globals, request);
            if (exists) {
                source.check(manifest);
            }
            List<String> done = new ArrayList<>(globals(admin, globals, manifest, request));
            List<String> warnings = load(admin, version, exists, manifest, request, sessions);
            if (request.globals() != Globals.SKIP && request.owners() && !exists) {
                done.addAll(globals.applyDatabaseLevel(admin, manifest.database(), request.target()));
            }
            return new RestoreReport(
                    manifest, request.target(), done, warnings, Duration.ofNanos(System.nanoTime() - begun));
        } catch (SQLException e) {
            throw new BackupException(FailureReason.RESTORE_FAILED, server + ": " + e.getMessage(), e);
        }
    }

    private static void requireTarget(
            RestoreRequest request, BackupManifest manifest, boolean exists, SessionGroup sessions)
            throws SQLException {
        if (!exists) {
            return;
        }
        String what = "database \"" + request.target() + "\" on " + request.server();
        if (request.existing() == Existing.REFUSE) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    what + " exists (expected: another name, intoEmpty(), or overwriting() with its name)");
        }
        if (request.existing() == Existing.IF_EMPTY
                && !TargetDatabase.isEmpty(request.server(), request.target(), sessions)) {
            throw new BackupException(FailureReason.RESTORE_REFUSED, what + " is not empty");
        }
        if (request.existing() == Existing.OVERWRITE && manifest.tool().format() == DumpFormat.PLAIN) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    what + " exists, and a plain dump cannot drop what is there (expected: a new database)");
        }
        try (Connection target = Sessions.open(request.server(), request.target(), sessions)) {
            String encoding = Sessions.value(target, "SHOW server_encoding");
            if (!manifest.source().encoding().equals(encoding)) {
                throw new BackupException(
                        FailureReason.RESTORE_REFUSED,
                        what + " has encoding " + encoding + ", the backup has "
                                + manifest.source().encoding());
            }
        }
    }

    private static void requireRoles(
            Connection admin, BackupManifest manifest, GlobalsScript globals, RestoreRequest request)
            throws SQLException {
        if (!request.owners()) {
            return;
        }
        Set<String> missing = new TreeSet<>(manifest.contents().roles());
        Sessions.rows(admin, "SELECT rolname FROM pg_roles").forEach(row -> missing.remove(String.valueOf(row.get(0))));
        if (request.globals() != Globals.SKIP) {
            missing.removeAll(globals.roles());
        }
        if (!missing.isEmpty()) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    "roles " + missing + " own or use objects of the backup and do not exist on " + request.server()
                            + " (expected: globals CREATE_MISSING, or withoutOwners())");
        }
    }

    private static List<String> globals(
            Connection admin, GlobalsScript globals, BackupManifest manifest, RestoreRequest request)
            throws SQLException {
        return switch (request.globals()) {
            case SKIP -> List.of();
            case CREATE_MISSING -> globals.createMissing(admin, manifest.database(), request.target());
            // What concerns the database itself is applied once that exists.
            case APPLY_ALL -> globals.applyClusterLevel(admin, manifest.database(), request.target());
        };
    }

    private List<String> load(
            Connection admin,
            int version,
            boolean exists,
            BackupManifest manifest,
            RestoreRequest request,
            SessionGroup sessions)
            throws SQLException {
        List<String> options = new ArrayList<>();
        if (!request.owners()) {
            options.addAll(List.of("--no-owner", "--no-privileges"));
        }
        if (exists && request.existing() == Existing.OVERWRITE) {
            options.addAll(List.of("--clean", "--if-exists"));
        }
        if (exists && request.jobs() == 1) {
            // All or nothing: if it fails, what was there before is there still.
            options.add("--single-transaction");
        }
        if (!exists) {
            TargetDatabase.create(admin, version, request.target(), manifest.source());
        }
        try {
            if (!exists) {
                PartOfDatabase.prepare(request.server(), request.target(), manifest.contents(), sessions);
            }
            return loader.load(
                    manifest, request.server(), request.target(), request.jobs(), options, sessions.applicationName());
        } catch (RuntimeException e) {
            if (!exists) {
                dropAfter(admin, version, request.target(), e);
            }
            throw e;
        }
    }

    private static void dropAfter(Connection admin, int version, String name, RuntimeException failure) {
        try {
            TargetDatabase.drop(admin, version, name);
        } catch (SQLException e) {
            failure.addSuppressed(e);
            LOGGER.warn("Database {} of a failed restore stays: {}", name, e.getMessage());
        }
    }
}
