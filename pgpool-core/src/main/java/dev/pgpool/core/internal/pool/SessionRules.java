package dev.pgpool.core.internal.pool;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.config.SessionStateConfig;
import dev.pgpool.core.config.StatePolicy;

/**
 * For how long clients of a pool keep their servers, and what becomes of their session state.
 *
 * @param mode of the pool
 * @param kept bits of the kinds of state that belong to their client
 * @param rejected bits of the kinds of state that clients may not make
 * @param resetQuery runs after each client's use of a server; empty for none
 */
public record SessionRules(PoolMode mode, int kept, int rejected, String resetQuery) {

    /** The rules of a pool of this mode. */
    public static SessionRules of(PoolMode mode, SessionStateConfig config) {
        boolean session = mode == PoolMode.SESSION;
        return new SessionRules(
                mode,
                session ? 0 : config.bits(StatePolicy.KEEP),
                session ? 0 : config.bits(StatePolicy.REJECT),
                session || config.resetAlways() ? config.resetQuery().strip() : "");
    }

    /** Whether statements have to be read: for the state that they make, and for the prepared statements that they name. */
    public boolean readsStatements() {
        return mode != PoolMode.SESSION;
    }

    /** Whether a parameter that is set in SQL is followed. */
    public boolean keepsSettings() {
        return (kept & SessionState.SETTING.bit()) != 0;
    }
}
