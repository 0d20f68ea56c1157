package dev.pgpool.backup.retention;

/** What becomes of a backup. */
public enum Verdict {
    /** It stays. */
    KEEP,
    /** It goes. */
    DELETE,
    /** It would go, but something outside of the policy forbids it. */
    BLOCKED
}
