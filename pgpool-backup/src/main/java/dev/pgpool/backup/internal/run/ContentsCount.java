package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupManifest.Contents;
import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.RowCounts;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.pg.SourceSnapshot;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Counts what a dump holds while pg_dump runs, in the same snapshot, on a thread of its own. */
final class ContentsCount {

    private final BackupConfig.Dump settings;
    private final Future<Contents> contents;

    /**
     * Begins to count once pg_dump has its locks; before that a query would stand between it and the session that it waits
     * for.
     */
    ContentsCount(EngineContext context, SourceSnapshot snapshot, DumpProgress tables, CountDownLatch locked) {
        this.settings = context.config().dump();
        this.contents = context.workers().submit(() -> contents(snapshot, tables, locked));
    }

    private Contents contents(SourceSnapshot snapshot, DumpProgress tables, CountDownLatch locked)
            throws InterruptedException {
        locked.await();
        tables.sizes(snapshot.tableBytes());
        Contents contents =
                snapshot.contents(settings.extraArguments().isEmpty() ? settings.rowCounts() : RowCounts.NONE);
        return settings.extraArguments().isEmpty()
                ? contents
                : contents.notCompared("pg_dump was given arguments whose effect is not known: "
                        + String.join(" ", settings.extraArguments()));
    }

    /** The counts. */
    Contents await() {
        try {
            return contents.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while rows were counted", e);
        } catch (ExecutionException e) {
            throw BackupException.of(e.getCause() == null ? e : e.getCause());
        }
    }

    void cancel() {
        contents.cancel(true);
    }
}
