package dev.pgpool.core.internal.pool;

import dev.pgpool.core.stats.PgPoolSnapshot.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which databases are paused or disabled by an operator, and whether all are at once. Thread-safe; pools look at it when
 * they are made, and are told when it changes.
 */
final class DatabaseGates {
    private final Set<String> paused = ConcurrentHashMap.newKeySet();
    private final Set<String> disabled = ConcurrentHashMap.newKeySet();
    private volatile LaneHold all = LaneHold.NONE;
    /** Nothing undoes it. */
    private volatile boolean ended;

    /** What holds for a database, by the name that clients use. */
    LaneHold hold(String database) {
        if (ended) {
            return LaneHold.ENDED;
        }
        LaneHold ofAll = all;
        if (ofAll == LaneHold.SUSPENDED) {
            return ofAll;
        }
        return ofAll == LaneHold.PAUSED || paused.contains(database) ? LaneHold.PAUSED : LaneHold.NONE;
    }

    LaneHold all() {
        return all;
    }

    void all(LaneHold now) {
        all = now;
    }

    /** No client gets a server any more, whatever else is said. */
    void end() {
        ended = true;
    }

    /** Whether this database itself was paused, whatever holds for all. */
    boolean isPausedAlone(String database) {
        return paused.contains(database);
    }

    boolean isAnyPaused() {
        return all != LaneHold.NONE || !paused.isEmpty();
    }

    void pause(String database) {
        paused.add(database);
    }

    void resume(String database) {
        paused.remove(database);
    }

    void resumeAll() {
        all = LaneHold.NONE;
        paused.clear();
    }

    boolean isDisabled(String database) {
        return disabled.contains(database);
    }

    void disable(String database) {
        disabled.add(database);
    }

    void enable(String database) {
        disabled.remove(database);
    }

    Status status() {
        return switch (ended ? LaneHold.ENDED : all) {
            case NONE -> Status.ACTIVE;
            case PAUSED, ENDED -> Status.PAUSED;
            case SUSPENDED -> Status.SUSPENDED;
        };
    }
}
