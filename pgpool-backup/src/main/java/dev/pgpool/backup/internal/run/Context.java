package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.PartUploader;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.store.ObjectStore;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * What the parts of an engine share: settings, the store, the clock, threads and the way to the listeners.
 *
 * @param config settings
 * @param store where backups go
 * @param encryption of objects
 * @param tools client programs
 * @param clock of all decisions; deadlines use the JVM's own timer
 * @param retry of calls to the store
 * @param patience of a transfer: outlives a store that is away for some minutes
 * @param senders threads that send to the store in parallel
 * @param fetchers threads that read from it in parallel, apart so that neither waits for the other
 * @param workers threads for everything that waits
 * @param timer runs short tasks at their time
 * @param events delivers to listeners without waiting for them
 */
record Context(
        BackupConfig config,
        ObjectStore store,
        Encryption encryption,
        ClientTools tools,
        Clock clock,
        RetryPolicy retry,
        RetryPolicy patience,
        ThreadPoolExecutor senders,
        ThreadPoolExecutor fetchers,
        ExecutorService workers,
        ScheduledExecutorService timer,
        EventDispatcher events) {

    static final Duration MAX_RETRY_DELAY = Duration.ofSeconds(20);

    PartUploader uploader() {
        return new PartUploader(
                store, patience, retry, senders, config.transfer().parallelism());
    }

    /** The same for another store. */
    Context with(ObjectStore other) {
        return new Context(
                config, other, encryption, tools, clock, retry, patience, senders, fetchers, workers, timer, events);
    }

    void publish(BackupEvent event) {
        events.publish(event);
    }
}
