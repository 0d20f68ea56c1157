package dev.pgpool.core;

import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.runtime.PoolerRuntime;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.net.InetSocketAddress;

/**
 * A transaction pooler for PostgreSQL inside this process: clients connect to {@link #address()} as they would to a
 * server, and share a few server connections.
 *
 * <p>Single use: built, started once, closed once. All methods may be called from any thread, but not from the pooler's
 * own event loops.
 */
public final class PgPool implements AutoCloseable {
    private final PoolerRuntime runtime;

    PgPool(PgPoolConfig config, PgPoolListener listener) {
        this.runtime = new PoolerRuntime(config, listener);
    }

    public static PgPoolBuilder builder() {
        return new PgPoolBuilder();
    }

    /**
     * Listens and serves clients. Server connections are made when clients need them, or a pool's minimum does. Does
     * nothing when running.
     *
     * @return this pooler
     * @throws PgPoolException if an address can't be listened on; then nothing is left running
     * @throws IllegalStateException if the pooler was closed
     */
    public PgPool start() {
        try {
            runtime.start();
            return this;
        } catch (PoolerRuntime.StartFailure e) {
            throw new PgPoolException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * The TCP address that clients connect to, with the real port.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public InetSocketAddress address() {
        return runtime.address();
    }

    /**
     * Reads the files of keys, certificates and trust again. Connections that exist live on with what they have; new ones
     * get the new. Where TLS to a database's servers has changed, its servers are replaced as they become free. Blocks for
     * as long as reading takes.
     *
     * @throws dev.pgpool.core.config.ConfigException if something is wrong with the files; then nothing has changed
     * @throws IllegalStateException if the pooler is not running
     */
    public void reloadTls() {
        runtime.reloadTls();
    }

    /** What it was told. */
    public PgPoolConfig config() {
        return runtime.config();
    }

    /**
     * The figures of this instant.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public PgPoolSnapshot snapshot() {
        return runtime.snapshot();
    }

    /** Tells clients with {@code 57P01}, closes all connections and waits for the threads to end. Idempotent. */
    @Override
    public void close() {
        runtime.close();
    }
}
