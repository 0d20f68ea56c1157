package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.stream.TransferProgress;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Publishes the progress of one dump at intervals. */
final class ProgressReport implements AutoCloseable {

    private final ScheduledFuture<?> ticks;
    private long lastBytes;
    private long lastNanos = System.nanoTime();

    ProgressReport(
            EngineContext context, BackupId run, String database, TransferProgress progress, DumpProgress tables) {
        long millis = Math.max(10, context.config().run().progressInterval().toMillis());
        this.ticks = context.timer()
                .scheduleWithFixedDelay(
                        () -> context.publish(event(context, run, database, progress, tables)),
                        millis,
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    private BackupEvent.Progress event(
            EngineContext context, BackupId run, String database, TransferProgress progress, DumpProgress tables) {
        long bytes = progress.storedBytes();
        long now = System.nanoTime();
        double rate = (bytes - lastBytes) * 1e9 / Math.max(1, now - lastNanos);
        lastBytes = bytes;
        lastNanos = now;
        return new BackupEvent.Progress(
                context.clock().instant(),
                run,
                database,
                bytes,
                rate,
                progress.bufferBytes(),
                tables.table(),
                tables.share(progress.readBytes()));
    }

    @Override
    public void close() {
        ticks.cancel(false);
    }
}
