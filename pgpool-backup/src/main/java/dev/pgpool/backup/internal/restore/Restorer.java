package dev.pgpool.backup.internal.restore;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.internal.archive.ArchiveLoader;
import dev.pgpool.backup.internal.archive.ArchiveSelection;
import dev.pgpool.backup.internal.archive.ArchiveSource;
import dev.pgpool.backup.internal.archive.LoadPlan;
import dev.pgpool.backup.internal.archive.RestrictedScript;
import dev.pgpool.backup.internal.archive.VersionCheck;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.globals.GlobalsApplier;
import dev.pgpool.backup.internal.globals.GlobalsPart;
import dev.pgpool.backup.internal.globals.GlobalsReader;
import dev.pgpool.backup.internal.globals.GlobalsScript;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.restore.RestorePart;
import dev.pgpool.backup.restore.RestoreRequest;
import dev.pgpool.backup.restore.RestoreRequest.Existing;
import dev.pgpool.backup.restore.RestoreRequest.Globals;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Restores a backup. Everything that can be refused is refused before anything is changed: key, versions, missing roles and
 * tablespaces, a target in use. The target gets its name, or its new contents, only when the restore has succeeded: either it
 * is restored beside and renamed, or it is one transaction.
 */
public final class Restorer {

    /** How long a statement about the server waits for a lock that another session holds. */
    private static final Duration LOCK_WAIT = Duration.ofSeconds(10);

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
            throw source.encryption().unreadable(entry, FailureReason.RESTORE_REFUSED);
        }
        source.encryption().requireKey(manifest);
        VersionCheck.requireReadable(tools, manifest);
        PgServer server = administered(request);
        try (Connection admin = Sessions.open(server, server.adminDatabase(), sessions)) {
            Sessions.execute(admin, "SET lock_timeout TO " + LOCK_WAIT.toMillis());
            int version = Integer.parseInt(String.valueOf(Sessions.value(admin, "SHOW server_version_num")));
            VersionCheck.requireServer(version, manifest);
            boolean superuser = "on".equals(Sessions.value(admin, "SHOW is_superuser"));
            boolean exists = TargetDatabase.exists(admin, request.target());
            GlobalsScript globals =
                    new GlobalsScript(request.globals() == Globals.SKIP ? "" : source.globals(manifest));
            RestorePart part = request.part();
            RenamedPart renamed = part == null || part.newName() == null ? null : new RenamedPart(part);
            ArchiveSelection selection = select(manifest, request, exists && renamed == null, sessions);
            LoadPlan plan =
                    LoadPlan.all(request.jobs(), request.options(), superuser).selecting(selection);
            RestoreTask work = new RestoreTask(
                    manifest,
                    request,
                    server,
                    admin,
                    version,
                    exists,
                    plan,
                    globals,
                    new GlobalsApplier(admin, globals, request.options().toleratedErrors() > 0),
                    sessions);
            boolean inPlace = exists
                    && (request.part() != null
                            || (request.existing() == Existing.IF_EMPTY && request.jobs() == 1 && plan.strict()));
            check(work, inPlace);
            applyGlobals(work);
            LoadPlan.Loaded loaded = !inPlace
                    ? loadBeside(work)
                    : renamed == null ? loadInPlace(work) : new RenamedRestore(loader, tools).load(work, renamed);
            return report(work, loaded, selection, Duration.ofNanos(System.nanoTime() - begun));
        } catch (SQLException e) {
            throw new BackupException(FailureReason.RESTORE_FAILED, server + ": " + e.getMessage(), e);
        }
    }

    private static RestoreReport report(
            RestoreTask work, LoadPlan.Loaded loaded, ArchiveSelection selection, Duration duration) {
        List<String> leftOut = new ArrayList<>(selection.leftOut());
        leftOut.addAll(work.applier().leftOut());
        leftOut.addAll(loaded.leftOut());
        List<String> errors = new ArrayList<>(work.applier().errors());
        errors.addAll(loaded.errors());
        return new RestoreReport(
                work.manifest(),
                work.request().target(),
                work.applier().done(),
                loaded.warnings(),
                leftOut,
                errors,
                work.applier().errors().size() + loaded.errorCount(),
                duration);
    }

    /** No session of ours may be in the database that is to be replaced. */
    private static PgServer administered(RestoreRequest request) {
        PgServer server = request.server();
        if (!server.adminDatabase().equals(request.target())) {
            return server;
        }
        return server.withAdminDatabase(request.target().equals("postgres") ? "template1" : "postgres");
    }

    private ArchiveSelection select(
            BackupManifest manifest, RestoreRequest request, boolean into, SessionGroup sessions) throws SQLException {
        RestorePart part = request.part();
        if (part == null) {
            return ArchiveSelection.ALL;
        }
        if (part.newName() != null) {
            return ArchiveSelection.ofOriginal(source, manifest, new RenamedPart(part).original());
        }
        Set<String> schemas = null;
        if (into) {
            try (Connection target = Sessions.open(request.server(), request.target(), sessions)) {
                schemas = RenamedRestore.schemas(target);
            }
        }
        return ArchiveSelection.of(source, manifest, part, schemas, request.existing());
    }

    private void check(RestoreTask work, boolean inPlace) throws SQLException {
        RestoreRequest request = work.request();
        TargetCheck check = new TargetCheck(work.admin(), request, work.manifest());
        if (work.manifest().tool().format() == DumpFormat.PLAIN) {
            ArchiveLoader.requireWhole(work.plan());
            RestrictedScript.requireRestrictable(tools);
        }
        if (work.exists()) {
            check.existing();
        } else {
            check.missing();
        }
        check.roles(work.globals());
        check.tablespaces(work.globals());
        RestorePart part = request.part();
        if (inPlace && part != null && part.newName() != null) {
            check.inPlace(work.sessions());
            check.mayCreate();
            VersionCheck.requireDumpable(tools, work.version());
            try (Connection target = Sessions.open(request.server(), request.target(), work.sessions())) {
                new RenamedPart(part).requirePlace(target, "database \"" + request.target() + "\"");
            }
        } else if (inPlace) {
            check.inPlace(work.sessions());
            // What comes last in the archive is compared with its digest when the transaction may have been committed.
            source.check(work.manifest());
        } else {
            check.mayCreate();
            if (work.exists()) {
                // Before the session that looks into it, which the server may not have ended yet.
                check.replaceable();
                if (request.existing() == Existing.IF_EMPTY) {
                    check.empty(work.sessions());
                }
            }
        }
    }

    private static void applyGlobals(RestoreTask work) throws SQLException {
        if (work.request().globals() == Globals.SKIP) {
            return;
        }
        if (work.request().options().tablespaces()) {
            work.applier().tablespaces(work.globals().usedTablespaces());
        }
        if (work.request().globals() == Globals.APPLY_ALL) {
            work.applier().applyAll();
        } else {
            work.applier().createMissing();
        }
    }

    private LoadPlan.Loaded loadInPlace(RestoreTask work) {
        return loader.load(
                work.manifest(), work.into(work.request().target()), work.plan().inOneTransaction());
    }

    private LoadPlan.Loaded loadBeside(RestoreTask work) throws SQLException {
        String target = work.request().target();
        boolean keepsProperties = work.exists() && work.request().globals() != Globals.APPLY_ALL;
        boolean keptClosed = keepsProperties && !TargetDatabase.allowsConnections(work.admin(), target);
        String tablespace = !work.request().options().tablespaces()
                ? null
                : keepsProperties
                        ? TargetDatabase.tablespace(work.admin(), target)
                        : work.globals().databaseTablespace();
        GlobalsApplier properties = keepsProperties
                ? new GlobalsApplier(
                        work.admin(), new GlobalsScript(GlobalsReader.readDatabase(work.admin(), target)), false)
                : work.applier();
        try (ReplacementDatabase beside = ReplacementDatabase.create(
                work.server(), work.admin(), work.version(), work.manifest().source(), tablespace, work.sessions())) {
            SchemaPreparation.prepare(work, beside.name());
            LoadPlan.Loaded loaded = loader.load(work.manifest(), work.into(beside.name()), work.plan());
            RenamedRestore.rename(work, beside.name());
            List<String> notes =
                    beside.takeOver(target, work.exists(), work.request().endSessions(), () -> {
                        properties.database(target, part -> keepsProperties || wanted(part, work.request()));
                        if (keptClosed) {
                            Sessions.execute(
                                    work.admin(),
                                    "ALTER DATABASE " + Sessions.identifier(target) + " ALLOW_CONNECTIONS false");
                        }
                    });
            List<String> warnings = new ArrayList<>(loaded.warnings());
            warnings.addAll(notes);
            return new LoadPlan.Loaded(warnings, loaded.leftOut(), loaded.errors(), loaded.errorCount());
        }
    }

    private static boolean wanted(GlobalsPart part, RestoreRequest request) {
        RestoreOptions options = request.options();
        return request.part() == null
                && switch (part) {
                    case OWNER -> options.owners();
                    case PRIVILEGES -> options.privileges();
                    case COMMENT -> options.comments();
                    case PROPERTIES -> true;
                };
    }
}
