package dev.pgpool.core.internal.jfr;

import dev.pgpool.core.stats.PoolKey;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/** What happens in a pool. The stack would always be that of an event loop. */
@Category("pgpool")
@StackTrace(false)
abstract class PoolEvent extends Event {
    @Label("Database")
    String database = "";

    @Label("User")
    String user = "";

    /** Says where, and commits if that is wanted. */
    final void commitIn(PoolKey pool) {
        database = pool.database();
        user = pool.user();
        commit();
    }
}
