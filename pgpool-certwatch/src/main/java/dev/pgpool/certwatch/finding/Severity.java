package dev.pgpool.certwatch.finding;

/** Weight of one {@link Finding}. */
public enum Severity {
    /** Worth knowing, never an alarm. */
    INFO,
    /** Raises the target to {@link Level#WARNING}. */
    WARNING,
    /** Raises the target to {@link Level#CRITICAL}. */
    CRITICAL
}
