package dev.pgpool.core;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.runtime.PoolerRuntime;
import dev.pgpool.core.internal.runtime.Waiting;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.DnsInfo;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.ServerInfo;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A transaction pooler for PostgreSQL inside this process: clients connect to {@link #address()} as they would to a
 * server, and share a few server connections.
 *
 * <p>Single use: built, started once, closed once. All methods may be called from any thread, but not from the pooler's
 * own event loops.
 */
public final class PgPool implements AutoCloseable {
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final PoolerRuntime runtime;

    PgPool(PgPoolConfig config, @Nullable ConfigSource source, PgPoolListener listener) {
        this.runtime = new PoolerRuntime(config, source, listener);
    }

    public static PgPoolBuilder builder() {
        return new PgPoolBuilder();
    }

    /**
     * A pooler of a configuration that comes from elsewhere, such as {@link dev.pgpool.core.pgbouncer.PgBouncerIni}; it
     * can be had again by {@link #reload()} and at the console, by {@code RELOAD} and {@code SET}.
     *
     * @throws ConfigException with every problem found
     */
    public static PgPool of(ConfigSource source, PgPoolListener listener) {
        PgPoolConfig config = source.load();
        try {
            return new PgPool(config, source, listener);
        } catch (ConfigException e) {
            source.refused(e);
            throw e;
        }
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
     * The TCP address that clients connect to, the first if there are several, with the real port.
     *
     * @throws IllegalStateException if the pooler is not running, or listens on a unix socket only
     */
    public InetSocketAddress address() {
        return runtime.address();
    }

    // ---- looking

    /** What it goes by now. */
    public PgPoolConfig config() {
        return runtime.config();
    }

    /**
     * The figures of this instant.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public PgPoolSnapshot snapshot() {
        return Waiting.on(runtime.control().snapshot());
    }

    /**
     * The connections of clients at this instant, those that are not logged in among them, in no order.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public List<ClientInfo> clients() {
        return Waiting.on(runtime.control().clients());
    }

    /**
     * The server connections at this instant, those under construction not among them, in no order.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public List<ServerInfo> servers() {
        return Waiting.on(runtime.control().servers());
    }

    /**
     * What is known of the servers' names, by name.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public List<DnsInfo> dnsNames() {
        return runtime.control().names();
    }

    /**
     * Whether new clients are let in, and every event loop answers within a second: for a probe that decides about
     * restarts or traffic. Says nothing about PostgreSQL. False while {@link #drain draining} and when not running.
     */
    public boolean healthy() {
        return runtime.isHealthy();
    }

    // ---- pausing

    /**
     * Gives no servers to clients any more, waits until those in use are given back, and closes them all: PostgreSQL can
     * be restarted then, and clients wait meanwhile, for no longer than their {@code waitTimeout}. New clients may log in.
     *
     * @return completes when no server is left; fails if already paused, or when {@link #resume()} is called before
     * @throws IllegalStateException if the pooler is not running
     */
    public CompletionStage<Void> pause() {
        return runtime.control().pause(Optional.empty());
    }

    /**
     * As {@link #pause()}, for one database.
     *
     * @param database as clients name it
     */
    public CompletionStage<Void> pause(String database) {
        return runtime.control().pause(Optional.of(database));
    }

    /**
     * Undoes every {@link #pause} and {@link #kill}.
     *
     * @throws IllegalStateException if nothing is paused, or the pooler is not running, or is shutting down
     */
    public void resume() {
        Waiting.on(runtime.control().resume(Optional.empty()));
    }

    /**
     * Undoes {@link #pause(String)} and {@link #kill(String)} of one database.
     *
     * @throws IllegalStateException if that database was not paused, or the pooler is not running
     */
    public void resume(String database) {
        Waiting.on(runtime.control().resume(Optional.of(database)));
    }

    /**
     * Lets no new clients into a database; those who are there stay.
     *
     * @throws IllegalStateException if there is no such database, or the pooler is not running
     */
    public void disable(String database) {
        Waiting.on(runtime.control().disable(database));
    }

    /**
     * Undoes {@link #disable}.
     *
     * @throws IllegalStateException if there is no such database, or the pooler is not running
     */
    public void enable(String database) {
        Waiting.on(runtime.control().enable(database));
    }

    // ---- replacing and killing

    /**
     * Replaces all server connections: idle ones at once, those in use when their clients give them back. For when a name
     * leads elsewhere now, or plans that servers keep are outdated.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public void reconnect() {
        Waiting.on(runtime.control().reconnect(Optional.empty()));
    }

    /** As {@link #reconnect()}, for one database. */
    public void reconnect(String database) {
        Waiting.on(runtime.control().reconnect(Optional.of(database)));
    }

    /**
     * Completes when all server connections are gone that {@link #reconnect} or {@link #reload} wants replaced.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public CompletionStage<Void> waitClose() {
        return runtime.control().waitClose(Optional.empty());
    }

    /**
     * Closes the clients and servers of a database at once, whatever they are doing, and leaves it paused: until {@link
     * #resume(String)}, clients that come wait.
     *
     * @throws IllegalStateException if there is no such database, or the pooler is not running
     */
    public void kill(String database) {
        Waiting.on(runtime.control().kill(Optional.of(database)));
    }

    /**
     * Closes one client, whatever it is doing.
     *
     * @param id its {@link ClientInfo#id()}
     * @throws IllegalStateException if there is no such client, or the pooler is not running
     */
    public void killClient(int id) {
        Waiting.on(runtime.control().killClient(id));
    }

    // ---- configuration

    /**
     * Takes another configuration while it runs. Pools that it does not concern go on untouched; others adopt it, and
     * replace their servers if these would be made in another way now; clients of databases that are gone are told so with
     * {@code 57P01} when they are not in the middle of something. Files of keys, certificates and trust are read again.
     * Blocks for as long as reading takes.
     *
     * <p>A pool that was made for fewer servers than there are event loops keeps to as many loops as it had.
     *
     * @throws ConfigException with every problem of files, and for what can't change while the
     *     pooler runs: addresses to listen on, event loops and the peer id; then nothing has changed
     * @throws IllegalStateException if the pooler is not running
     */
    public void reload(PgPoolConfig config) {
        runtime.reload(config);
    }

    /**
     * As {@link #reload(PgPoolConfig)}, with what the {@link ConfigSource} says now, if the pooler has one; without, only
     * files are read again.
     */
    public void reload() {
        Waiting.on(runtime.control().reload());
    }

    /**
     * Reads the files of keys, certificates and trust again. Connections that exist live on with what they have; new ones
     * get the new. Where TLS to a database's servers has changed, its servers are replaced as they become free. Blocks for
     * as long as reading takes.
     *
     * @throws ConfigException if something is wrong with the files; then nothing has changed
     * @throws IllegalStateException if the pooler is not running
     */
    public void reloadTls() {
        runtime.reload(runtime.config());
    }

    // ---- the end

    /**
     * Ends without losing anything: closes the TCP listeners (the unix socket stays until the end, for operators, and tells
     * others {@code 57P03}), lets no other client log in, tells clients goodbye ({@code 57P01}) as soon as they are not in a transaction or waiting for an answer, and then closes.
     *
     * @param atMost when this time is over, those who are still there are closed as by {@link #close}
     * @return whether all clients have left in time
     * @throws IllegalStateException if the pooler is not running
     */
    public boolean drain(Duration atMost) {
        return runtime.drain(atMost, true);
    }

    /**
     * Closes the TCP listeners (the unix socket stays until the end, for operators), waits for as long as it takes until the
     * clients who are here have left by themselves, and then closes: for rolling restarts, where another process takes the
     * new clients. Clients that have connected before may still log in. With {@link PgPoolBuilder#reusePort} the listeners
     * close half a second later and let no connection get lost that another process can take.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public void awaitClients() {
        runtime.drain(FOR_EVER, false);
    }

    /**
     * Lets no other clients in and gives out no servers any more, waits for as long as it takes until no client has one,
     * and then closes. Transactions go on to their end, and so do sessions that have a server in session mode; clients that
     * wait for a server, or want one, are told goodbye ({@code 57P01}).
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public void awaitServers() {
        runtime.awaitServers();
    }

    /** Completes when the pooler has ended, by any of its ends: {@link #close}, {@link #drain} or an operator. */
    public CompletionStage<Void> whenClosed() {
        return runtime.whenClosed();
    }

    /** Tells clients with {@code 57P01}, closes all connections and waits for the threads to end. Idempotent. */
    @Override
    public void close() {
        runtime.close();
    }
}
