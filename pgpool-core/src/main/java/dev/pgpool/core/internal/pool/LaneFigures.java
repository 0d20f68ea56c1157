package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.figures.LaneCounters;

/**
 * What a lane knows at an instant.
 *
 * @param pool its pool
 * @param waiting clients that wait
 * @param longestWaitNanos how long the client has waited that has done so for longest
 * @param active servers that clients have
 * @param idle servers that no client has
 * @param used those of them that would be checked before a client gets them
 * @param tested servers that are being checked
 * @param beingCanceled servers with a cancel request on its way
 * @param outdated servers that are to be replaced
 * @param counters a copy
 */
record LaneFigures(
        ServerPool pool,
        int waiting,
        long longestWaitNanos,
        int active,
        int idle,
        int used,
        int tested,
        int beingCanceled,
        int outdated,
        LaneCounters counters) {
    /** Servers that are ready, on no way to another lane. */
    int servers() {
        return active + idle + tested;
    }
}
