package dev.pgpool.backup.retention;

/** Why a backup stays or goes. */
public enum RetentionReason {
    /** Older than the policy's age, and wanted by no rule. */
    EXPIRED,
    /** Not yet as old as the policy's age. */
    AGE,
    /** Among the newest good ones that always stay. */
    FLOOR_MIN_KEEP,
    /** The newest one that passed a verification. */
    NEWEST_VERIFIED,
    /** It is pinned. */
    PINNED,
    /** The newest of one of the last days. */
    DAILY,
    /** The newest of one of the last weeks. */
    WEEKLY,
    /** The newest of one of the last months. */
    MONTHLY,
    /** The newest of one of the last years. */
    YEARLY,
    /** Locked in the store. */
    LOCKED,
    /** Its data claims to be from the future: not counted, not deleted, reported. */
    FUTURE_DATED,
    /** Its manifest cannot be read: not counted, not deleted, reported. */
    UNREADABLE_MANIFEST,
    /** It would go, but so many at once are more than the policy allows. */
    DELETE_GUARD,
    /** It would go, but the newest good backup is too old for anything to be deleted. */
    STALE
}
