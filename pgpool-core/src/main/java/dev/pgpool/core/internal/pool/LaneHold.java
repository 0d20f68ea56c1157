package dev.pgpool.core.internal.pool;

/** Whether a lane gives servers to clients. */
enum LaneHold {
    /** It does. */
    NONE,
    /** It does not, and keeps those that it has. */
    SUSPENDED,
    /** It does not, and closes those that it has as soon as no client uses them. */
    PAUSED,
    /** It never will again: as {@link #PAUSED}, and clients that want one are sent away. */
    ENDED;

    /** Whether servers without a client are closed. */
    boolean closesIdle() {
        return this == PAUSED || this == ENDED;
    }
}
