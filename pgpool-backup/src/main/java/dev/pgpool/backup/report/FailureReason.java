package dev.pgpool.backup.report;

/** Why something did not succeed. Closed, so it can be a metric's tag and an alert's condition. */
public enum FailureReason {
    /** pg_dump ended with an error, or was killed from outside. */
    DUMP_EXIT,
    /** The total deadline passed. */
    DUMP_TIMEOUT,
    /** pg_dump ended well but wrote nothing, or not an archive. */
    DUMP_EMPTY,
    /** pg_dump, pg_restore or a program of the command prefix could not be started. */
    TOOL_MISSING,
    /** Client and server, or archive and server, do not fit together. */
    VERSION_MISMATCH,
    /** The source could not be reached or refused the login. */
    SOURCE_UNREACHABLE,
    /** The connection leads through a pooler that changes sessions under us. */
    SOURCE_POOLED,
    /** A standby cancelled the dump because of a conflict with recovery, or its session was terminated. */
    SOURCE_CONFLICT,
    /** A check before the start found something that would have failed later. */
    PREFLIGHT,
    /** The store could not be reached or kept failing. */
    STORE_IO,
    /** The store refused the credential, or the object is locked. */
    STORE_DENIED,
    /** The store has other bytes than were sent. */
    STORE_INTEGRITY,
    /** The dump is larger than what the store takes in the configured parts. */
    STORE_LIMIT,
    /** Another instance is at it. */
    LOCKED,
    /** A hook of the host refused the run. */
    VETOED,
    /** No byte moved for too long. */
    STALLED,
    /** The host cancelled, or is shutting down. */
    CANCELLED,
    /** The encryption key is missing or not the one used for the backup. */
    KEY,
    /** The backup is damaged, or what was restored is not what was dumped. */
    VERIFY_FAILED,
    /** A backup is pinned or locked, so it was not deleted. */
    DELETE_REFUSED,
    /** A restore was refused before anything was changed. */
    RESTORE_REFUSED,
    /** pg_restore ended with an error. */
    RESTORE_FAILED,
    /** The backup asked for is not in the catalog. */
    NOT_FOUND,
    /** A fault of this library. */
    INTERNAL
}
