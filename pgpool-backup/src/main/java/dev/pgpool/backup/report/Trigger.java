package dev.pgpool.backup.report;

/** What started a run. */
public enum Trigger {
    /** A call of the host. */
    MANUAL,
    /** The schedule. */
    SCHEDULED,
    /** The schedule, again after its run had failed. */
    RETRIED
}
