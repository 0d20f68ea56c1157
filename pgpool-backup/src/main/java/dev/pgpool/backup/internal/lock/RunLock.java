package dev.pgpool.backup.internal.lock;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.pg.AdvisoryLock;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The right to do something alone: an advisory lock on the source, and a lease in the store where that can be enforced. The first
 * excludes all who use the same server for the same store, the second all who use the same place in it. A run holds one by the
 * name of what it was asked to take, so that of instances with the same settings one runs, and in turn one for each database, so
 * that those with other settings do not take the same database at once.
 *
 * @param advisory held as long as its session is open
 * @param lease held while it is renewed, or {@code null} if the store cannot enforce one
 * @param cancellation of the run
 */
public record RunLock(AdvisoryLock advisory, @Nullable Lease lease, Cancellation cancellation)
        implements AutoCloseable {

    /** Who holds it, if it is not to be had. */
    public record Attempt(@Nullable RunLock lock, String holder) {}

    /** Where the locks are, and which run asks for them. */
    public record Request(
            EngineContext context,
            Catalog catalog,
            BackupId run,
            SessionGroup sessions,
            boolean enforceable,
            Cancellation cancellation) {

        private String advisoryName(String name) {
            return context.store().describe() + " " + catalog.layout().root() + " " + name;
        }
    }

    /** Name of the lock of one database. */
    public static String database(String database) {
        return "database " + database;
    }

    /** The lock of this name, on a session of its own. */
    public static Attempt tryAcquire(Request request, String name) {
        // Of its own, since the lock outlives the run's other sessions: those are cut before the dump has ended.
        SessionGroup own = new SessionGroup(request.sessions().applicationName());
        return withLease(
                request,
                name,
                AdvisoryLock.tryLock(request.context().config().source(), request.advisoryName(name), own));
    }

    /** Another lock on the session of this one; it must be closed before this one. */
    public Attempt tryAnother(Request request, String name) {
        return withLease(request, name, advisory.tryAnother(request.advisoryName(name)));
    }

    private static Attempt withLease(Request request, String name, Optional<AdvisoryLock> advisory) {
        PgServer source = request.context().config().source();
        if (advisory.isEmpty()) {
            return new Attempt(
                    null,
                    AdvisoryLock.holder(source, request.advisoryName(name), request.sessions())
                            .orElse("a session that has ended meanwhile"));
        }
        if (!request.enforceable()) {
            return new Attempt(new RunLock(advisory.get(), null, request.cancellation()), "");
        }
        try {
            Lease.Attempt lease = Lease.tryTake(
                    request.context(),
                    request.catalog(),
                    name,
                    request.run(),
                    request.sessions().applicationName(),
                    request.cancellation());
            if (lease.lease() == null) {
                advisory.get().close();
                return new Attempt(null, lease.holder());
            }
            return new Attempt(new RunLock(advisory.get(), lease.lease(), request.cancellation()), "");
        } catch (RuntimeException e) {
            advisory.get().close();
            throw e;
        }
    }

    /** True if it excludes every other runner, so that what is left over must be dead. */
    public boolean exclusive() {
        return lease != null;
    }

    /**
     * Makes sure that no other runner can have begun. A lost lease stops the run by itself.
     *
     * @throws BackupException with LOCKED
     */
    public void requireHeld() {
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
            if (cancellation.cause() == null) {
                advisory.close();
            } else {
                // What ended the run may be a server that does not answer.
                advisory.abandon();
            }
        }
    }
}
