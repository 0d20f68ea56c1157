package dev.pgpool.backup.internal.context;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.pg.ClusterFacts;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.internal.stream.PartPlan;
import dev.pgpool.backup.internal.stream.PartUploader;
import dev.pgpool.backup.internal.stream.RetryPolicy;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
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
 * @param applicationName of sessions on the source
 * @param clock of all decisions; deadlines use the JVM's own timer
 * @param retry of calls to the store
 * @param transferRetry of calls within a transfer: goes on for as long as the configured outage of the store
 * @param senders threads that send to the store in parallel
 * @param fetchers threads that read from it in parallel, apart so that neither waits for the other
 * @param workers threads for everything that waits
 * @param timer runs short tasks at their time
 * @param events delivers to listeners without waiting for them
 */
public record EngineContext(
        BackupConfig config,
        ObjectStore store,
        Encryption encryption,
        ClientTools tools,
        String applicationName,
        Clock clock,
        RetryPolicy retry,
        RetryPolicy transferRetry,
        ThreadPoolExecutor senders,
        ThreadPoolExecutor fetchers,
        ExecutorService workers,
        ScheduledExecutorService timer,
        EventDispatcher events) {

    public static final Duration MAX_RETRY_DELAY = Duration.ofSeconds(20);

    public PartUploader uploader() {
        return new PartUploader(
                store, transferRetry, retry, senders, config.transfer().parallelism());
    }

    /** The parts of an object of about so many bytes. */
    public PartPlan partPlan(long bytes) {
        return PartPlan.of(config.transfer().partBytes(), config.transfer().maxPartBytes(), bytes, store.limits());
    }

    /** The same for another store. */
    public EngineContext with(ObjectStore other) {
        return new EngineContext(
                config,
                other,
                encryption,
                tools,
                applicationName,
                clock,
                retry,
                transferRetry,
                senders,
                fetchers,
                workers,
                timer,
                events);
    }

    public void publish(BackupEvent event) {
        events.publish(event);
    }

    /** A new group of sessions, which are cut together. */
    public SessionGroup newSessions() {
        return new SessionGroup(applicationName);
    }

    /**
     * The cluster's name in the stores.
     *
     * @throws BackupException with PREFLIGHT if there is neither a configured name nor a readable system identifier
     */
    public String clusterName(ClusterFacts facts) {
        String cluster = config.cluster().isEmpty() ? facts.systemIdentifier() : config.cluster();
        if (cluster.isEmpty()) {
            throw new BackupException(
                    FailureReason.PREFLIGHT,
                    "the role may not call pg_control_system(), so the server has no name in the store (expected:"
                            + " cluster(...) in the settings, or EXECUTE on that function)");
        }
        return cluster;
    }
}
