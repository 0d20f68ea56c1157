package dev.pgpool.certwatch.finding;

/** How bad a target is: the worst of its findings. Ordered, so that {@code compareTo} tells better from worse. */
public enum Level {
    /** Nothing that needs a person. */
    OK,
    /** An operator should act within days. */
    WARNING,
    /** An operator must act now, or clients are failing already. */
    CRITICAL,
    /** A certificate that clients depend on has expired. */
    EXPIRED;

    /** As checks of Nagios and its kin end: 0 OK, 1 WARNING, 2 CRITICAL, which is also what EXPIRED is there. */
    public int exitCode() {
        return Math.min(ordinal(), CRITICAL.ordinal());
    }
}
