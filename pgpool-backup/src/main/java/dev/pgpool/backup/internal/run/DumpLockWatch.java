package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.DumpLockWait;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks, while a pg_dump writes nothing yet, which lock it waits for and who holds it, so that a wait that ends badly is told with
 * both names. Asks by a session of its own, first after some while: most dumps begin before that. pg_dump limits its wait for
 * tables alone; a wait for anything else, such as a view, is ended here when it lasts longer than that limit.
 */
final class DumpLockWatch implements AutoCloseable {

    private static final PeerLog LOGGER = PeerLog.of(DumpLockWatch.class);
    private static final long MAX_INTERVAL_MILLIS = 1000;

    private final EngineContext context;
    private final String database;
    private final SessionGroup sessions;
    private final CountDownLatch locked;
    private final Runnable end;
    private final ScheduledFuture<?> ticks;
    private volatile @Nullable String seen;

    DumpLockWatch(EngineContext context, String database, SessionGroup sessions, CountDownLatch locked, Runnable end) {
        this.context = context;
        this.database = database;
        this.sessions = sessions;
        this.locked = locked;
        this.end = end;
        long millis = Math.max(
                20,
                Math.min(MAX_INTERVAL_MILLIS, context.config().dump().lockWait().toMillis() / 4));
        this.ticks = context.timer()
                .schedule(() -> context.workers().execute(() -> look(millis)), millis, TimeUnit.MILLISECONDS);
    }

    private void look(long millis) {
        if (locked.getCount() == 0) {
            return;
        }
        // After pg_dump's own limit, which says more.
        long limit = context.config().dump().lockWait().toMillis() + 2 * millis;
        try (Connection connection = Sessions.open(context.config().source(), database, sessions)) {
            String last = null;
            long since = 0;
            do {
                String wait = DumpLockWait.find(connection, sessions.applicationName())
                        .orElse(null);
                if (wait != null && !wait.equals(last)) {
                    since = System.nanoTime();
                    if (!wait.equals(seen)) {
                        LOGGER.warn("The dump of \"{}\" waits for {}", database, wait);
                        seen = wait;
                    }
                } else if (wait != null && TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since) > limit) {
                    end.run();
                    return;
                }
                last = wait;
            } while (!locked.await(millis, TimeUnit.MILLISECONDS));
        } catch (SQLException | BackupException e) {
            LOGGER.debug("Looking for locks: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The failure with the lock that was waited for, if it may have been that. */
    RuntimeException explain(RuntimeException failure) {
        String wait = seen;
        if (wait == null || locked.getCount() == 0) {
            return failure;
        }
        BackupException known = BackupException.of(failure);
        boolean byLock = known.reason() == FailureReason.DUMP_EXIT || known.reason() == FailureReason.STALLED;
        return byLock
                ? new BackupException(
                        known.reason(),
                        "lock timeout of " + context.config().dump().lockWait() + ": waited for " + wait + ": "
                                + known.getMessage(),
                        failure)
                : failure;
    }

    @Override
    public void close() {
        ticks.cancel(false);
        locked.countDown();
    }
}
