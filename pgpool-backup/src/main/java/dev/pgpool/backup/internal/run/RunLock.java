package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupId;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.internal.catalog.Catalog;
import dev.pgpool.backup.internal.pg.AdvisoryLock;
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
            String application,
            boolean enforceable,
            Cancellation cancellation) {
        PgServer source = context.config().source();
        String name = catalog.layout().root();
        Optional<AdvisoryLock> advisory = AdvisoryLock.tryLock(source, name, application);
        if (advisory.isEmpty()) {
            return new Attempt(
                    null, AdvisoryLock.holder(source, name, application).orElse("a session that has ended meanwhile"));
        }
        if (!enforceable) {
            return new Attempt(new RunLock(advisory.get(), null), "");
        }
        try {
            Lease.Attempt lease = Lease.tryTake(context, catalog, run, application, cancellation);
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
