package dev.pgpool.backup.spring;

import dev.pgpool.backup.event.BackupListener;
import java.util.List;

/** Listeners of ours, which are no beans: those are the application's. */
interface EngineListeners {
    List<BackupListener> listeners();
}
