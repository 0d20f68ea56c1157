package dev.pgpool.backup.event;

/**
 * Gets what the engine does as events. Each listener has a thread and a bounded queue of its own: it may be slow, hang or throw,
 * and changes nothing by it. If its queue is full, progress events are dropped first, then the oldest of the others.
 */
@FunctionalInterface
public interface BackupListener {

    /** Called for every event, one at a time, in the order they happened. */
    void onEvent(BackupEvent event);
}
