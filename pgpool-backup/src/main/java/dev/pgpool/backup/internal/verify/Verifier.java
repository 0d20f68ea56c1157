package dev.pgpool.backup.internal.verify;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.archive.ArchiveLoader;
import dev.pgpool.backup.internal.archive.ArchiveSource;
import dev.pgpool.backup.internal.archive.LoadPlan;
import dev.pgpool.backup.internal.archive.LoadTarget;
import dev.pgpool.backup.internal.archive.VersionCheck;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.globals.GlobalsScript;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.VerifyReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Shows how good a backup is, level by level, and says which it reached. */
public final class Verifier {

    private final ArchiveSource source;
    private final ArchiveLoader loader;
    private final ClientTools tools;
    private final Clock clock;
    private final ScheduledExecutorService timer;

    /** A verifier. */
    public Verifier(
            ArchiveSource source,
            ArchiveLoader loader,
            ClientTools tools,
            Clock clock,
            ScheduledExecutorService timer) {
        this.timer = timer;
        this.source = source;
        this.loader = loader;
        this.tools = tools;
        this.clock = clock;
    }

    private static final class Progress {
        private VerifyLevel reached = VerifyLevel.NONE;
        private final List<String> problems = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
    }

    /** Verifies a backup; what is wrong with it is in the report. */
    public VerifyReport verify(CatalogEntry entry, VerificationTask task) {
        Instant startedAt = clock.instant();
        Progress progress = new Progress();
        FailureReason reason = null;
        try {
            BackupManifest manifest = entry.manifest();
            if (manifest == null) {
                throw source.encryption().unreadable(entry, FailureReason.VERIFY_FAILED);
            }
            climb(manifest, task, progress);
            if (!progress.problems.isEmpty()) {
                reason = FailureReason.VERIFY_FAILED;
            }
        } catch (RuntimeException e) {
            BackupException failure = BackupException.of(e);
            reason = failure.reason();
            progress.problems.add(String.valueOf(failure.getMessage()));
        }
        return new VerifyReport(
                entry.database(),
                entry.id(),
                task.level(),
                progress.reached,
                reason,
                progress.problems,
                progress.notes,
                startedAt,
                clock.instant());
    }

    private void climb(BackupManifest manifest, VerificationTask task, Progress progress) {
        source.encryption().requireKey(manifest);
        if (!task.level().includes(VerifyLevel.CHECKSUM)) {
            return;
        }
        source.check(manifest);
        progress.reached = VerifyLevel.CHECKSUM;
        if (!task.level().includes(VerifyLevel.ARCHIVE)) {
            return;
        }
        VersionCheck.requireReadable(tools, manifest);
        loader.readThrough(manifest);
        progress.reached = VerifyLevel.ARCHIVE;
        if (!task.level().includes(VerifyLevel.RESTORED)) {
            return;
        }
        PgServer server = task.server();
        if (server == null) {
            throw new BackupException(
                    FailureReason.PREFLIGHT,
                    "level " + task.level() + " needs a server for the scratch database (expected: verifyOn(...))");
        }
        GlobalsScript globals = new GlobalsScript(source.globals(manifest));
        try (ScratchDatabase scratch = ScratchDatabase.create(server, manifest, globals, task.sessions())) {
            scratch.prepare(manifest.contents());
            LoadPlan.Loaded loaded = loader.load(
                    manifest,
                    new LoadTarget(server, scratch.version(), scratch.name(), task.sessions()),
                    LoadPlan.all(task.jobs(), scratchOptions(manifest, task.options()), scratch.superuser()));
            note(progress, scratch, loaded);
            progress.reached = VerifyLevel.RESTORED;
            if (scratch.madeRoles()) {
                progress.notes.add("roles missing on " + server + " were made for the verification and dropped again");
            }
            if (task.level().includes(VerifyLevel.CHECKED)) {
                compare(manifest, task, server, scratch.name(), progress);
            }
        }
    }

    /** A scratch database has no need of tablespaces; with a subscription it could not be dropped. */
    private static RestoreOptions scratchOptions(BackupManifest manifest, RestoreOptions options) {
        return manifest.tool().format() == DumpFormat.PLAIN
                ? options
                : options.withoutTablespaces().withoutSubscriptions();
    }

    private static void note(Progress progress, ScratchDatabase scratch, LoadPlan.Loaded loaded) {
        scratch.leftOut().forEach(line -> progress.notes.add("left out: " + line));
        loaded.leftOut().forEach(line -> progress.notes.add("left out: " + line));
        if (loaded.errorCount() > 0) {
            progress.notes.add(loaded.errorCount() + " errors were tolerated");
            loaded.errors().forEach(line -> progress.notes.add("tolerated: " + line));
        }
    }

    private void compare(
            BackupManifest manifest, VerificationTask task, PgServer server, String database, Progress progress) {
        ContentsComparison comparison = new ContentsComparison();
        SessionGroup questions = task.questions().part();
        ScheduledFuture<?> deadline =
                timer.schedule(questions::cut, task.limit().toMillis(), TimeUnit.MILLISECONDS);
        try (Connection restored = Sessions.open(server, database, questions)) {
            comparison.compare(restored, manifest, task.checks());
        } catch (SQLException | BackupException e) {
            comparison.problems().add("comparing: " + e.getMessage());
        } finally {
            deadline.cancel(false);
            if (questions.isCutOff()) {
                comparison.problems().add("comparing: not finished within " + task.limit() + ", or given up");
            }
            questions.cut();
        }
        progress.problems.addAll(comparison.problems());
        progress.notes.addAll(comparison.notes());
        if (comparison.problems().isEmpty()) {
            progress.reached = VerifyLevel.CHECKED;
        }
    }
}
