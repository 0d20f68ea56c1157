package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupId;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.pg.AdvisoryLock;
import dev.pgpool.backup.internal.pg.SessionGroup;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The right to be the one runner of a cluster: an advisory lock on the source, and a lease in the store where that can be
 * enforced. The first excludes all who use the same server, the second all who use the same store.
 *
 * @param advisory held while its session lives
 * @param lease held while it is renewed, or {@code null} if the store cannot enforce one
 */
record RunLock(AdvisoryLock advisory, @Nullable Lease lease) implements AutoCloseable {

    /** Who holds it, if it is not to be had. */
    record Attempt(@Nullable RunLock lock, String holder) {}

    static Attempt tryAcquire(
            Context context,
            Catalog catalog,
            BackupId run,
            SessionGroup sessions,
            boolean enforceable,
            Cancellation cancellation) {
        PgServer source = context.config().source();
        String name = catalog.layout().root();
        // Of its own, since the lock outlives the run's other sessions: those are cut before the dump has ended.
        SessionGroup own = new SessionGroup(sessions.applicationName());
        Optional<AdvisoryLock> advisory = AdvisoryLock.tryLock(source, name, own);
        if (advisory.isEmpty()) {
            return new Attempt(
                    null, AdvisoryLock.holder(source, name, sessions).orElse("a session that has ended meanwhile"));
        }
        if (!enforceable) {
            return new Attempt(new RunLock(advisory.get(), null), "");
        }
        try {
            Lease.Attempt lease = Lease.tryTake(context, catalog, run, sessions.applicationName(), cancellation);
            if (lease.lease() == null) {
                advisory.get().close();
                return new Attempt(null, lease.holder());
            }
            return new Attempt(new RunLock(advisory.get(), lease.lease()), "");
        } catch (RuntimeException e) {
            advisory.get().close();
            throw e;
        }
    }

    /** True if it excludes every other runner, so that what is left over must be dead. */
    boolean exclusive() {
        return lease != null;
    }

    /**
     * Makes sure that nobody else can have begun. A lost lease stops the run by itself.
     *
     * @throws BackupException with LOCKED
     */
    void requireHeld() {
        if (lease == null && !advisory.held()) {
            throw new BackupException(
                    FailureReason.LOCKED,
                    "the session that held the advisory lock has ended, and the store cannot enforce a lease: another runner"
                            + " may be at work");
        }
    }

    @Override
    public void close() {
        try {
            if (lease != null) {
                lease.close();
            }
        } finally {
            advisory.close();
        }
    }
}
