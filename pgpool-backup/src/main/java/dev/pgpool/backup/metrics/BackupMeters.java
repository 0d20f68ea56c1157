package dev.pgpool.backup.metrics;

/** Every meter: its name, as Micrometer has it. */
public enum BackupMeters {
    /** Gauge, epoch seconds, tag database: the newest good backup's data. Loaded from the catalog; absent if there is none. */
    LAST_SUCCESS("pgbackup.last.success.timestamp"),
    /** Gauge, seconds, tag database: age of the newest good backup's data, as of the scrape. */
    AGE("pgbackup.age"),
    /** Gauge, epoch seconds: when the last run of any instance ended, however it did. Loaded from the catalog. */
    LAST_ATTEMPT("pgbackup.last.attempt.timestamp"),
    /** Counter, tags outcome and reason: runs that ended. */
    RUNS("pgbackup.runs"),
    /** Timer, tag database: time that a good backup took. */
    DURATION("pgbackup.duration"),
    /** Gauge, bytes, tag database: size of the newest good backup. */
    SIZE("pgbackup.size"),
    /** Counter, bytes, tag database: stored by good backups. */
    UPLOADED("pgbackup.uploaded.bytes"),
    /** Gauge: 1 while a run is under way, else 0. */
    IN_PROGRESS("pgbackup.in.progress"),
    /** Gauge, bytes, tag database: stored so far by the backup under way; like all of progress, only while there is one. */
    PROGRESS("pgbackup.progress.bytes"),
    /** Gauge, bytes per second, tag database: stored by the backup under way since the last event. */
    PROGRESS_RATE("pgbackup.progress.rate"),
    /** Gauge, always 1, tags database and table: the table being dumped. */
    PROGRESS_TABLE("pgbackup.progress.table"),
    /** Gauge, bytes, tag database: memory of the part buffers of the backup under way. */
    BUFFERS("pgbackup.buffers.bytes"),
    /** Gauge, 0 to 1, tag database: estimated share of the dump that is done. */
    PROGRESS_SHARE("pgbackup.progress.ratio"),
    /** Gauge, tags database and state (readable, unreadable): backups in the catalog. */
    CATALOG("pgbackup.catalog.count"),
    /** Gauge, epoch seconds, tag database: the oldest good backup's data. */
    OLDEST("pgbackup.oldest.timestamp"),
    /** Counter, tag database: backups deleted by retention. */
    DELETED("pgbackup.retention.deleted"),
    /** Counter, tag database: keys that could not be deleted. */
    DELETE_FAILURES("pgbackup.retention.failures"),
    /** Gauge, tags database and reason: backups kept by the last retention. */
    KEPT("pgbackup.retention.kept"),
    /** Gauge, tag database: days of the retention period without a backup. */
    MISSING_DAYS("pgbackup.missing.days"),
    /** Counter, tags level and outcome: verifications. */
    VERIFY_RUNS("pgbackup.verify.runs"),
    /** Gauge, epoch seconds, tag database: when a verification last passed. Loaded from the catalog. */
    VERIFY_LAST_SUCCESS("pgbackup.verify.last.success.timestamp"),
    /** Counter, tag op: calls to the store that were repeated. */
    RETRIES("pgbackup.upload.retries"),
    /** Counter: leftover uploads that were aborted. */
    STALE_UPLOADS("pgbackup.multipart.stale"),
    /** Gauge, epoch seconds, tag job: when the schedule's next run is due. */
    NEXT_RUN("pgbackup.next.run.timestamp"),
    /**
     * Gauge, always 1, tag database: databases that are selected now. What was dropped or deselected has none, nor a last
     * success.
     */
    SELECTED("pgbackup.selected"),
    /** Gauge, tag database: readable backups that have not passed a verification. */
    NEVER_VERIFIED("pgbackup.never.verified"),
    /** Counter, tags database and store: backups that are missing in one of several stores. */
    COPY_FAILURES("pgbackup.copy.failures"),
    /** Counter, tag database: times that a database was not backed up. */
    DATABASE_FAILURES("pgbackup.database.failures"),
    /** Counter: times that no success was seen for too long. */
    OVERDUE("pgbackup.overdue");

    private final String meterName;

    BackupMeters(String meterName) {
        this.meterName = meterName;
    }

    /** The name. */
    public String meterName() {
        return meterName;
    }
}
