package dev.pgpool.backup.config;

import dev.pgpool.backup.retention.RetentionPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All settings of an engine, checked. Made by {@link dev.pgpool.backup.BackupEngineBuilder}; manual and scheduled runs use the
 * same.
 *
 * @param source server to back up
 * @param databases which of it
 * @param prefix of all keys in the store
 * @param cluster name of the server in the store; empty to use its system identifier
 * @param dump how it is dumped
 * @param transfer how it is sent
 * @param run limits of a run
 * @param retention how long backups are kept, or {@code null} to keep all
 * @param verification of backups by the schedule
 * @param rules what is otherwise for some databases; of those that match, the first holds
 */
public record BackupConfig(
        PgServer source,
        DatabaseSelection databases,
        String prefix,
        String cluster,
        Dump dump,
        Transfer transfer,
        Run run,
        @Nullable RetentionPolicy retention,
        Verification verification,
        List<DatabaseSettings.Rule> rules) {

    /** Copies. */
    public BackupConfig {
        rules = List.copyOf(rules);
    }

    /** What is otherwise for a database. */
    public DatabaseSettings settings(String database) {
        return rules.stream()
                .filter(rule -> rule.matches(database))
                .findFirst()
                .map(DatabaseSettings.Rule::settings)
                .orElse(DatabaseSettings.none());
    }

    /** What is dumped of a database. */
    public DumpFilter filter(String database) {
        DumpFilter own = settings(database).filter();
        return own == null ? dump.filter() : own;
    }

    /** How long backups of a database are kept, or {@code null} for all of them. */
    public @Nullable RetentionPolicy retention(String database) {
        RetentionPolicy own = settings(database).retention();
        return own == null ? retention : own;
    }

    /**
     * How a database is dumped.
     *
     * @param format of the archive
     * @param compression of it
     * @param extraArguments for pg_dump
     * @param lockWait for each table
     * @param rowCounts in the manifest
     * @param parallelDatabases dumped at once
     * @param pauseReplay whether a standby does not replay meanwhile
     * @param filter what is left out
     */
    public record Dump(
            DumpFormat format,
            Compression compression,
            List<String> extraArguments,
            Duration lockWait,
            RowCounts rowCounts,
            int parallelDatabases,
            boolean pauseReplay,
            DumpFilter filter) {
        /** Copies. */
        public Dump {
            extraArguments = List.copyOf(extraArguments);
        }
    }

    /**
     * How bytes are sent.
     *
     * @param partBytes of the first part
     * @param maxPartBytes that parts may grow to
     * @param parallelism parts under way at once, for each database
     * @param attempts for each call to the store
     * @param retryDelay before the first repetition; doubles
     * @param outage of the store that a transfer outlives, however many attempts that takes
     */
    public record Transfer(
            int partBytes, int maxPartBytes, int parallelism, int attempts, Duration retryDelay, Duration outage) {}

    /**
     * Limits of a run.
     *
     * @param deadline for all of it
     * @param stallLimit without a byte moving
     * @param leaseTime after which the lease of a holder that has stopped renewing it may be taken, and leftovers may be removed
     * @param progressInterval between progress events
     * @param objectLock how long backups are locked in the store, or {@code null}
     * @param overdueAfter without a success an alarm is raised, run or no run
     * @param retries of a scheduled run that failed, before its next date
     * @param retryPause before each of them
     */
    public record Run(
            Duration deadline,
            Duration stallLimit,
            Duration leaseTime,
            Duration progressInterval,
            @Nullable Duration objectLock,
            Duration overdueAfter,
            int retries,
            Duration retryPause) {}

    /**
     * How backups are verified.
     *
     * @param server for scratch databases, or {@code null} if backups are not restored
     * @param level to reach
     * @param checks of the host
     * @param jobs of pg_restore
     * @param options of the restore
     * @param spool directory for archives that are restored by several jobs
     * @param deadline of one verification
     * @param budget of a scheduled verification of the least recently verified, or {@code null} to verify the newest of each database
     */
    public record Verification(
            @Nullable PgServer server,
            VerifyLevel level,
            List<SqlCheck> checks,
            int jobs,
            RestoreOptions options,
            Path spool,
            Duration deadline,
            @Nullable Duration budget) {
        /** Copies. */
        public Verification {
            checks = List.copyOf(checks);
        }
    }
}
