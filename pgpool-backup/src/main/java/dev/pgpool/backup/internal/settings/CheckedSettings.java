package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.schedule.Dates;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.store.ObjectStore;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that an engine is made of, without a problem.
 *
 * @param config settings that the host may read again
 * @param stores at least one; the first is where the catalog is read
 * @param encryption of objects
 * @param tools client programs
 * @param clock of all decisions
 * @param listeners of events
 * @param hooks around runs
 * @param hookLimit for each call of a hook
 * @param schedules of runs and verifications
 */
public record CheckedSettings(
        BackupConfig config,
        List<ObjectStore> stores,
        Encryption encryption,
        ClientTools tools,
        Clock clock,
        List<BackupListener> listeners,
        List<RunHook> hooks,
        Duration hookLimit,
        Schedules schedules) {

    public CheckedSettings {
        stores = List.copyOf(stores);
        listeners = List.copyOf(listeners);
        hooks = List.copyOf(hooks);
    }

    /**
     * When jobs are due.
     *
     * @param backups of all databases without a schedule of their own, or {@code null}
     * @param verifications or {@code null}
     * @param catchUp whether a run that was due before the start is made up for
     */
    public record Schedules(
            @Nullable Dates backups, @Nullable Dates verifications, boolean catchUp) {}
}
