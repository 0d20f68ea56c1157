package dev.pgpool.backup.internal.engine;

import dev.pgpool.backup.catalog.CatalogEntry;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.archive.ArchiveLoader;
import dev.pgpool.backup.internal.archive.ArchiveSource;
import dev.pgpool.backup.internal.archive.Exporter;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.restore.Restorer;
import dev.pgpool.backup.internal.verify.VerificationTask;
import dev.pgpool.backup.internal.verify.Verifier;
import dev.pgpool.backup.report.RestoreReport;
import dev.pgpool.backup.report.VerifyReport;
import dev.pgpool.backup.restore.RestoreRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Verifications, restores and exports: all that reads the archives of backups. Safe for all threads. */
final class ArchiveJobs {

    private static final PeerLog LOGGER = PeerLog.of(ArchiveJobs.class);

    private final EngineContext context;
    private final EngineCatalog catalogs;
    private final EngineState state;
    // Sessions in restored databases. Cut when the engine is closed, so that no query there can hold it up.
    private final SessionGroup checks;

    ArchiveJobs(EngineContext context, EngineCatalog catalogs, EngineState state) {
        this.context = context;
        this.catalogs = catalogs;
        this.state = state;
        this.checks = context.newSessions();
    }

    /** Verifies a backup and remembers what was found. */
    VerifyReport verify(CatalogEntry entry, VerifyLevel level) {
        state.requireOpen();
        ArchiveSource source = archives();
        BackupConfig.Verification settings = context.config().verification();
        VerifyReport report = new Verifier(source, loader(source), context.tools(), context.clock(), context.timer())
                .verify(
                        entry,
                        new VerificationTask(
                                level,
                                settings.server(),
                                settings.checks(),
                                settings.jobs(),
                                settings.options(),
                                context.newSessions(),
                                checks,
                                settings.deadline()));
        if (report.passed()) {
            LOGGER.info("Backup {} of \"{}\" verified: {}", entry.id(), entry.database(), report.reached());
        } else {
            LOGGER.warn(
                    "Backup {} of \"{}\" failed verification after {}: {}",
                    entry.id(),
                    entry.database(),
                    report.reached(),
                    report.problems());
        }
        try {
            catalogs.catalog().record(report);
        } catch (RuntimeException e) {
            LOGGER.warn("The result of the verification could not be stored: {}", e.getMessage());
        }
        context.publish(new BackupEvent.Verified(report.finishedAt(), report));
        return report;
    }

    /** Verifies the newest backup of each database. */
    List<VerifyReport> verifyNewest(VerifyLevel level) {
        List<VerifyReport> reports = new ArrayList<>();
        List<CatalogEntry> all = catalogs.catalog().all();
        for (String database :
                new TreeSet<>(all.stream().map(CatalogEntry::database).toList())) {
            all.stream()
                    .filter(entry -> entry.database().equals(database))
                    .max(Comparator.comparing(CatalogEntry::id))
                    .ifPresent(entry -> reports.add(verify(entry, level)));
        }
        return reports;
    }

    /**
     * Verifies the backups that were verified least recently, those never verified first and of these the newest, until the time
     * is used up; one that is under way then is finished.
     */
    List<VerifyReport> verifyDue(VerifyLevel level, Duration budget) {
        Instant end = context.clock().instant().plus(budget);
        Catalog of = catalogs.catalog();
        Map<String, Instant> last = of.verificationTimes();
        List<CatalogEntry> due = of.all().stream()
                .filter(CatalogEntry::readable)
                .sorted(Comparator.comparing((CatalogEntry entry) ->
                                last.getOrDefault(of.layout().verified(entry.database(), entry.id()), Instant.EPOCH))
                        .thenComparing(CatalogEntry::id, Comparator.reverseOrder()))
                .toList();
        List<VerifyReport> reports = new ArrayList<>();
        for (CatalogEntry entry : due) {
            if (state.isClosed() || !context.clock().instant().isBefore(end)) {
                break;
            }
            reports.add(verify(entry, level));
        }
        LOGGER.info("{} of {} backups verified within {}", reports.size(), due.size(), budget);
        return reports;
    }

    /** Restores a backup. */
    RestoreReport restore(RestoreRequest request) {
        state.requireOpen();
        ArchiveSource source = archives();
        RestoreReport report = new Restorer(source, loader(source), context.tools())
                .restore(catalogs.find(request.which()), request, context.newSessions());
        LOGGER.info("Restored {} into \"{}\"", report.manifest().id(), request.target());
        return report;
    }

    /** Writes the objects of a backup as files, decrypted, into a directory. */
    List<Path> export(CatalogEntry entry, Path directory) {
        state.requireOpen();
        return new Exporter(archives()).export(entry, directory);
    }

    private ArchiveSource archives() {
        int parallelism = context.config().transfer().parallelism();
        return new ArchiveSource(
                context.store(),
                context.encryption(),
                context.retry(),
                context.fetchers(),
                parallelism,
                context.config().transfer().partBytes());
    }

    private ArchiveLoader loader(ArchiveSource source) {
        BackupConfig.Verification verification = context.config().verification();
        return new ArchiveLoader(
                source, context.tools(), context.timer(), verification.spool(), verification.deadline());
    }

    /** Ends the queries in restored databases. */
    void cut() {
        checks.cut();
    }
}
