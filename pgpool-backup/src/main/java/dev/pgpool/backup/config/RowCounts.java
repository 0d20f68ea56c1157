package dev.pgpool.backup.config;

/** Which row counts a manifest gets, for the comparison after a restore. */
public enum RowCounts {
    /** Exact, counted in the dump's own snapshot while it runs. Reads every table once more. */
    EXACT,
    /** The planner's estimates: free, but a verification can only say that a table is not empty. */
    ESTIMATED,
    /** None. */
    NONE
}
