package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.internal.catalog.KeyLayout;
import dev.pgpool.backup.internal.context.Cancellation;
import dev.pgpool.backup.internal.lock.RunLock;
import dev.pgpool.backup.internal.pg.SessionGroup;

/**
 * What the databases of one run share.
 *
 * @param preflight what was found out beforehand
 * @param layout of the keys
 * @param cluster name in the store
 * @param id of the run
 * @param sessions on the source
 * @param cancellation tells when it is over early
 * @param lock of what is done under this scope
 */
record RunScope(
        Preflight.Result preflight,
        KeyLayout layout,
        String cluster,
        BackupId id,
        SessionGroup sessions,
        Cancellation cancellation,
        RunLock lock) {

    /** The same under another lock. */
    RunScope under(RunLock other) {
        return new RunScope(preflight, layout, cluster, id, sessions, cancellation, other);
    }
}
