package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;

/**
 * Ends the pooler. The pooler depends on this bean, and data sources depend on the pooler, so that it is destroyed after them: the
 * application's own connections are closed then, and what is left to drain are clients of other processes.
 *
 * <p>Not a phase of Spring's lifecycle: all phases end before the first bean is destroyed, and beans may use the database in
 * their last words.
 */
final class PoolerShutdown implements DisposableBean {
    private static final Logger LOGGER = LoggerFactory.getLogger(PoolerShutdown.class);

    private @Nullable PgPool pool;
    private Duration drainTimeout = Duration.ZERO;

    /** Takes care of a pooler. */
    void owns(PgPool started, Duration atMost) {
        pool = started;
        drainTimeout = atMost;
    }

    @Override
    public void destroy() {
        PgPool owned = pool;
        if (owned == null) {
            return;
        }
        if (!drainTimeout.isZero()) {
            drain(owned);
        }
        owned.close();
    }

    private void drain(PgPool owned) {
        try {
            if (!owned.drain(drainTimeout)) {
                LOGGER.atWarn()
                        .addKeyValue("timeout", drainTimeout)
                        .log("pooler closes although clients are in transactions: not done within {}", drainTimeout);
            }
        } catch (IllegalStateException e) {
            LOGGER.debug("pooler has ended before", e);
        }
    }
}
