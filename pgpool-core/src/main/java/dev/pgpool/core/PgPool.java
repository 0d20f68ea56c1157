package dev.pgpool.core;

import static java.util.Objects.requireNonNull;

import dev.pgpool.core.advice.LoadHistory;
import dev.pgpool.core.advice.PgPoolAdvice;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.runtime.PoolerRuntime;
import dev.pgpool.core.internal.runtime.StartFailure;
import dev.pgpool.core.internal.runtime.Waiting;
import dev.pgpool.core.jdbc.InProcessDataSource;
import dev.pgpool.core.jdbc.InProcessSocketFactory;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.DnsInfo;
import dev.pgpool.core.stats.FleetInfo;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.ServerInfo;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A transaction pooler for PostgreSQL inside this process: clients connect to {@link #address()} as they would to a
 * server, and share a few server connections. Clients of this process need no address: {@link #dataSource(String)}.
 *
 * <p>Single use: built, started once, closed once. All methods may be called from any thread. On the pooler's own event loops,
 * where listeners are called, those that wait for it throw an {@link IllegalStateException}, and {@link #close()} only begins.
 */
public final class PgPool implements AutoCloseable {
    private final PoolerRuntime runtime;
    private final InProcessDoor inProcess;

    PgPool(PgPoolConfig config, @Nullable ConfigSource source, PgPoolListener listener) {
        this.runtime = new PoolerRuntime(config, source, listener);
        this.inProcess = new InProcessDoor(runtime::connect, runtime::config);
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
     * nothing when running. With {@link PgPoolBuilder#initializationFailTimeout} it first waits until the databases answer, and
     * {@link #close()} or an interrupt ends the wait.
     *
     * @return this pooler
     * @throws PgPoolException if an address can't be listened on, or the wait was ended; then nothing is left running
     * @throws PoolInitializationException if databases do not answer; then nothing is left running
     * @throws IllegalStateException if the pooler was closed
     */
    public PgPool start() {
        try {
            runtime.start();
            inProcess.open(runtime.whenClosed());
            return this;
        } catch (StartFailure e) {
            throw PoolInitializationException.of(e, e.databases());
        }
    }

    /**
     * The TCP address that clients connect to, the first if there are several, with the real port.
     *
     * @throws IllegalStateException if the pooler is not running, or listens on no TCP address
     */
    public InetSocketAddress address() {
        return runtime.address();
    }

    /**
     * What a JDBC driver connects to for a database of the pooler: {@code jdbc:postgresql://127.0.0.1:6432/app}. For a
     * pooler that listens on all addresses the host is {@code localhost}; where clients must encrypt, so does the driver.
     * User and password are given to the driver as for a server.
     *
     * @param database as clients name it; what is special in a URL is escaped
     * @throws IllegalStateException if the pooler is not running, or listens on no TCP address
     */
    public String jdbcUrl(String database) {
        return JdbcUrl.of(address(), database, config().listen().tls().mode().isRequired());
    }

    /**
     * {@link #dataSource(String, String)} with the user that the database's servers are logged in to as.
     *
     * @throws IllegalArgumentException if the configuration has no such database, or no user for it
     */
    public InProcessDataSource dataSource(String database) {
        return inProcess.dataSource(database);
    }

    /**
     * Connections of the host's own, by pgjdbc: without a socket, a listener or a password, and in all else clients like
     * others. Can be had before {@link #start()}; connections can't.
     *
     * @param user who the connections are, as clients name themselves; servers are logged in to as for any other client
     */
    public InProcessDataSource dataSource(String database, String user) {
        return inProcess.dataSource(database, user);
    }

    /** For other ways to make connections of pgjdbc: another pool, a framework. Who has it may log in as any user. */
    public InProcessSocketFactory socketFactory() {
        return inProcess.sockets();
    }

    /** As {@link #socketFactory()}; {@code check}, on an event loop, says by database, the first, and user who is let in. Make it once. */
    public InProcessSocketFactory socketFactory(BiPredicate<String, String> check) {
        return inProcess.sockets(requireNonNull(check, "check"));
    }

    // ---- looking

    /** What it is called, see {@link PgPoolBuilder#name}. */
    public String name() {
        return config().instance().name();
    }

    /** Its name, where it listens, and what is there: {@code PgPool[pgpool, /127.0.0.1:6432, databases [app], clients 3]}. */
    @Override
    public String toString() {
        return "PgPool[" + name() + ", " + runtime.whereabouts() + "]";
    }

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
        return Waiting.on(runtime.awaited().snapshot());
    }

    /**
     * How large pools should be, and when it is quiet, by what was seen of them since the pooler started. Lanes are asked for
     * what they have seen until now; costs about as much as {@link #snapshot()}.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public PgPoolAdvice advice() {
        return Waiting.on(runtime.awaited().advice());
    }

    /**
     * Takes over the past hours of a database that the host has kept of an earlier run, as {@link
     * LoadHistory#toText} gives them: hours before the one in which this pooler has started, and not older than five weeks.
     *
     * @param database as clients name it
     * @throws IllegalStateException if the pooler is not running
     */
    public void recall(String database, LoadHistory past) {
        runtime.control().recall(requireNonNull(database, "database"), requireNonNull(past, "past"));
    }

    /**
     * The connections of clients at this instant, those that are not logged in among them, in no order.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public List<ClientInfo> clients() {
        return Waiting.on(runtime.awaited().clients());
    }

    /**
     * The server connections at this instant, those under construction not among them, in no order.
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public List<ServerInfo> servers() {
        return Waiting.on(runtime.awaited().servers());
    }

    /** The budgets of servers that are shared with other poolers, as this one sees them; only of a running pooler. */
    public List<FleetInfo> fleets() {
        return Waiting.on(runtime.awaited().fleets());
    }

    /** What is known of the servers' names, by name; only of a running pooler, as all that is looked at here. */
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

    /** As {@link #pause()}, for one database, as clients name it. */
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
     * {@code 57P01} when they are not in the middle of something. Files are read again, too; blocks for as long as that takes.
     *
     * <p>A pool that was made for fewer servers than there are event loops keeps to as many loops as it had.
     *
     * @throws ConfigException with every problem of files, and for what can't change while the
     *     pooler runs: its name, addresses to listen on, threads and the peer id; then nothing has changed
     * @throws IllegalStateException if the pooler is not running
     */
    public void reload(PgPoolConfig config) {
        runtime.reload(config);
    }

    /** As {@link #reload(PgPoolConfig)}, with what the {@link ConfigSource} says now; without one only files are read again. */
    public void reload() {
        Waiting.on(runtime.awaited().reload());
    }

    /**
     * Reads the files of keys, certificates and trust again. Connections that exist live on with what they have; where TLS to
     * a database's servers has changed, its servers are replaced as they become free. Blocks for as long as reading takes.
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
        return runtime.gracefulEnd().drain(atMost, true);
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
        runtime.gracefulEnd().awaitClients();
    }

    /**
     * Lets no other clients in and gives out no servers any more, waits for as long as it takes until no client has one,
     * and then closes. Transactions go on to their end, and so do sessions that have a server in session mode; clients that
     * wait for a server, or want one, are told goodbye ({@code 57P01}).
     *
     * @throws IllegalStateException if the pooler is not running
     */
    public void awaitServers() {
        runtime.gracefulEnd().awaitServers();
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
