package dev.pgpool.core.config;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** Describes one database; given to the lambda of {@code PgPoolBuilder.database}. Not thread-safe. */
public final class DatabaseBuilder {
    private final String name;
    private final PoolDraft pool = new PoolDraft();
    private List<String> hosts = List.of("localhost");
    private int port = 5432;
    private LoadBalanceHosts loadBalanceHosts = LoadBalanceHosts.ROUND_ROBIN;
    private TargetSessionAttributes targetSessionAttributes = TargetSessionAttributes.ANY;
    private Optional<String> connectQuery = Optional.empty();
    private Optional<String> databaseName = Optional.empty();
    private Optional<String> user = Optional.empty();
    private Optional<String> password = Optional.empty();
    private SessionStateConfig sessionState = SessionStateConfig.DEFAULT;
    private Optional<AuthQueryConfig> authQuery = Optional.empty();
    private TlsConfig tls = TlsConfig.SERVERS;
    private Optional<FleetConfig> fleet = Optional.empty();

    /** @param name what clients connect to, or {@code *} for every database without an entry of its own */
    public DatabaseBuilder(String name) {
        this.name = name;
    }

    /** Default {@code localhost}. A name, an address, or a directory that holds the server's unix socket; {@code @name} on Linux. */
    public DatabaseBuilder host(String host) {
        return hosts(Objects.requireNonNull(host, "host"));
    }

    /**
     * Default {@code localhost}. Several servers that have the database, each like {@code db1}, {@code db1:5433},
     * {@code [::1]:5433} or {@code /run/postgresql:5433}; one without a port of its own has that of {@link #port}. When
     * connecting to one fails the next is tried.
     */
    public DatabaseBuilder hosts(String... hosts) {
        Objects.requireNonNull(hosts, "hosts");
        this.hosts = List.of(hosts);
        return this;
    }

    /** Default round robin. Which of several hosts a new server connection tries first. */
    public DatabaseBuilder loadBalanceHosts(LoadBalanceHosts loadBalanceHosts) {
        this.loadBalanceHosts = Objects.requireNonNull(loadBalanceHosts, "loadBalanceHosts");
        return this;
    }

    /** Default any. Which kind of server is wanted; hosts of another kind are passed over. */
    public DatabaseBuilder targetSessionAttributes(TargetSessionAttributes targetSessionAttributes) {
        this.targetSessionAttributes = Objects.requireNonNull(targetSessionAttributes, "targetSessionAttributes");
        return this;
    }

    /**
     * Default none. SQL that each new server connection runs after login and before its first use. If it fails, that is
     * logged and the connection is used all the same.
     */
    public DatabaseBuilder connectQuery(String sql) {
        this.connectQuery = Optional.of(Objects.requireNonNull(sql, "sql"));
        return this;
    }

    /** Default 5432. The port of hosts that name none. */
    public DatabaseBuilder port(int port) {
        this.port = port;
        return this;
    }

    /** Default: the name that the client used. The database's name on the server. */
    public DatabaseBuilder databaseName(String databaseName) {
        this.databaseName = Optional.of(Objects.requireNonNull(databaseName, "databaseName"));
        return this;
    }

    /** Default: the client's own user. With a forced user all clients share one pool. */
    public DatabaseBuilder user(String user) {
        this.user = Optional.of(Objects.requireNonNull(user, "user"));
        return this;
    }

    /** Default none. The forced user's secret; without it the credential store is asked. */
    public DatabaseBuilder password(String password) {
        this.password = Optional.of(Objects.requireNonNull(password, "password"));
        return this;
    }

    /** Default: that of {@code PgPoolBuilder.poolMode}. For how long a client keeps its server. */
    public DatabaseBuilder mode(PoolMode mode) {
        pool.mode = Optional.of(Objects.requireNonNull(mode, "mode"));
        return this;
    }

    /** Default 20; 0 for no limit. Server connections at most, for each user of this database. */
    public DatabaseBuilder maxConnections(int maxConnections) {
        pool.maxConnections = maxConnections;
        return this;
    }

    /**
     * Default 0. Server connections that are kept for each user that has clients, or is forced, even if no client uses
     * them.
     */
    public DatabaseBuilder minConnections(int minConnections) {
        pool.minConnections = minConnections;
        return this;
    }

    /** Default 0. Server connections beyond {@code maxConnections} while clients wait too long. */
    public DatabaseBuilder reserveConnections(int reserveConnections) {
        pool.reserveConnections = reserveConnections;
        return this;
    }

    /** Default 5 s; zero never uses the reserve. How long a client waits before the reserve is used. */
    public DatabaseBuilder reserveTimeout(Duration reserveTimeout) {
        pool.reserveTimeout = Objects.requireNonNull(reserveTimeout, "reserveTimeout");
        return this;
    }

    /** Default 2. Server connections under construction at once, for each user. */
    public DatabaseBuilder maxParallelConnects(int maxParallelConnects) {
        pool.maxParallelConnects = maxParallelConnects;
        return this;
    }

    /** Default 0, no limit. Server connections of all users of this database together. */
    public DatabaseBuilder maxServerConnections(int maxServerConnections) {
        pool.maxServerConnections = maxServerConnections;
        return this;
    }

    /**
     * Default 0, no limit. Clients of this database that have proved who they are; beyond it they get {@code 53300}.
     */
    public DatabaseBuilder maxClients(int maxClients) {
        pool.maxClients = maxClients;
        return this;
    }

    /** Default 120 s; zero waits for ever. How long a client waits for a server before it gets an error. */
    public DatabaseBuilder waitTimeout(Duration waitTimeout) {
        pool.waitTimeout = Objects.requireNonNull(waitTimeout, "waitTimeout");
        return this;
    }

    /** Default 5 s; zero says nothing. How long a client waits for a server before a NOTICE tells it so. */
    public DatabaseBuilder waitNotice(Duration waitNotice) {
        pool.waitNotice = Objects.requireNonNull(waitNotice, "waitNotice");
        return this;
    }

    /** Default zero, none. How long one query may run before it is cancelled with {@code 57014}. */
    public DatabaseBuilder queryTimeout(Duration queryTimeout) {
        pool.queryTimeout = Objects.requireNonNull(queryTimeout, "queryTimeout");
        return this;
    }

    /** Default zero, none. How long a transaction may be open before its client gets {@code 25P04}. */
    public DatabaseBuilder transactionTimeout(Duration transactionTimeout) {
        pool.transactionTimeout = Objects.requireNonNull(transactionTimeout, "transactionTimeout");
        return this;
    }

    /**
     * Default zero, none. How long an open transaction may wait for its next query before its client gets {@code
     * 25P03}.
     */
    public DatabaseBuilder idleInTransactionTimeout(Duration idleInTransactionTimeout) {
        pool.idleInTransactionTimeout = Objects.requireNonNull(idleInTransactionTimeout, "idleInTransactionTimeout");
        return this;
    }

    /**
     * Default zero, none. How long a client may ask for nothing, outside a transaction, before it gets {@code
     * 57P05}.
     */
    public DatabaseBuilder clientIdleTimeout(Duration clientIdleTimeout) {
        pool.clientIdleTimeout = Objects.requireNonNull(clientIdleTimeout, "clientIdleTimeout");
        return this;
    }

    /** Default 15 s. How long a server connection may take until it is ready for queries. */
    public DatabaseBuilder connectTimeout(Duration connectTimeout) {
        pool.connectTimeout = Objects.requireNonNull(connectTimeout, "connectTimeout");
        return this;
    }

    /**
     * Default 1 s. The pause before a failed connect is tried again; it is never less than 100 ms. Clients wait meanwhile if the server can't be reached,
     * is starting, shutting down or full; anything else (a wrong password, a database that does not exist) is told to them
     * at once, from memory until the next attempt.
     */
    public DatabaseBuilder connectRetryDelay(Duration connectRetryDelay) {
        pool.connectRetryDelay = Objects.requireNonNull(connectRetryDelay, "connectRetryDelay");
        return this;
    }

    /** Default 5 s. How long a server may take to become clean after its client left in the middle. */
    public DatabaseBuilder abandonTimeout(Duration abandonTimeout) {
        pool.abandonTimeout = Objects.requireNonNull(abandonTimeout, "abandonTimeout");
        return this;
    }

    /** Default 10 s. How long a server may take to deal with a cancel request. */
    public DatabaseBuilder cancelTimeout(Duration cancelTimeout) {
        pool.cancelTimeout = Objects.requireNonNull(cancelTimeout, "cancelTimeout");
        return this;
    }

    /** Default 1 h; zero uses each once. Age at which a server connection is replaced, give or take 20 %. */
    public DatabaseBuilder serverLifetime(Duration serverLifetime) {
        pool.serverLifetime = Objects.requireNonNull(serverLifetime, "serverLifetime");
        return this;
    }

    /** Default 10 min; zero never. How long a server connection may be idle before it is closed. */
    public DatabaseBuilder serverIdleTimeout(Duration serverIdleTimeout) {
        pool.serverIdleTimeout = Objects.requireNonNull(serverIdleTimeout, "serverIdleTimeout");
        return this;
    }

    /**
     * Default 30 s; zero checks always. How long a server connection may be idle before it is checked ahead of its
     * next use.
     */
    public DatabaseBuilder serverCheckDelay(Duration serverCheckDelay) {
        pool.serverCheckDelay = Objects.requireNonNull(serverCheckDelay, "serverCheckDelay");
        return this;
    }

    /**
     * Default {@code <empty>}, an empty query; the empty string for no checks. What idle server connections are
     * checked with.
     */
    public DatabaseBuilder serverCheckQuery(String serverCheckQuery) {
        pool.serverCheckQuery = Objects.requireNonNull(serverCheckQuery, "serverCheckQuery");
        return this;
    }

    /** Default 5 s. How long a check may take before the server connection is closed. */
    public DatabaseBuilder serverCheckTimeout(Duration serverCheckTimeout) {
        pool.serverCheckTimeout = Objects.requireNonNull(serverCheckTimeout, "serverCheckTimeout");
        return this;
    }

    /** Default zero, never. How long a pool may be without clients before it is dropped with its servers. */
    public DatabaseBuilder poolIdleTimeout(Duration poolIdleTimeout) {
        pool.poolIdleTimeout = Objects.requireNonNull(poolIdleTimeout, "poolIdleTimeout");
        return this;
    }

    /** Default 1 h; zero never. The same for pools that the entry {@code *} has made. */
    public DatabaseBuilder autoDatabaseIdleTimeout(Duration autoDatabaseIdleTimeout) {
        pool.autoDatabaseIdleTimeout = Objects.requireNonNull(autoDatabaseIdleTimeout, "autoDatabaseIdleTimeout");
        return this;
    }

    /**
     * Default 200. Prepared statements kept on one server connection; the least recently used one makes room. With 0 none is
     * kept but the one used last. Whatever the number, a client's statements work on every server. In session pooling a
     * client's statements are on its own server, and are not counted.
     */
    public DatabaseBuilder maxPreparedStatements(int maxPreparedStatements) {
        pool.maxPreparedStatements = maxPreparedStatements;
        return this;
    }

    /** Default: encrypted where the server can, without proof of who it is. How connections to the servers are encrypted. */
    public DatabaseBuilder tls(Consumer<TlsBuilder> description) {
        Objects.requireNonNull(description, "description");
        TlsBuilder builder = TlsBuilder.forServers();
        description.accept(builder);
        this.tls = builder.build();
        return this;
    }

    /**
     * Default KEEP, for {@link SessionState#SEQUENCE} REJECT. What becomes of a kind of session state in transaction
     * pooling.
     */
    public DatabaseBuilder sessionState(SessionState kind, StatePolicy policy) {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(policy, "policy");
        this.sessionState = sessionState.with(kind, policy);
        return this;
    }

    /** Default {@code DISCARD ALL}; empty for none. SQL that cleans a server after its client in session pooling. */
    public DatabaseBuilder serverResetQuery(String sql) {
        Objects.requireNonNull(sql, "sql");
        this.sessionState = new SessionStateConfig(sessionState.policies(), sql, sessionState.resetAlways());
        return this;
    }

    /** Default false. Whether the reset query also runs after each transaction in transaction and statement pooling. */
    public DatabaseBuilder serverResetQueryAlways(boolean always) {
        this.sessionState = new SessionStateConfig(sessionState.policies(), sessionState.resetQuery(), always);
        return this;
    }

    /** Default: that of {@code PgPoolBuilder}. Asks the server for the secrets of this database's users. */
    public DatabaseBuilder authQuery(Consumer<AuthQueryBuilder> description) {
        Objects.requireNonNull(description, "description");
        AuthQueryBuilder builder = new AuthQueryBuilder();
        description.accept(builder);
        this.authQuery = Optional.of(builder.build());
        return this;
    }

    /**
     * Default off. Idle servers are used in turn instead of the last one first: even load, but none of them ever grows
     * old enough to be closed.
     */
    public DatabaseBuilder serverRoundRobin(boolean serverRoundRobin) {
        pool.serverRoundRobin = serverRoundRobin;
        return this;
    }

    /**
     * Default false: a client in session mode keeps its server to the end of its session, also one that is to be replaced
     * (RECONNECT, other settings of the database, another address). True: both end with the transaction that runs, and the
     * client is told why.
     */
    public DatabaseBuilder serverFastClose(boolean serverFastClose) {
        pool.serverFastClose = serverFastClose;
        return this;
    }

    /** Default: that of {@code PgPoolBuilder}. One budget of server connections, shared with other poolers. */
    public DatabaseBuilder fleet(Consumer<FleetBuilder> description) {
        Objects.requireNonNull(description, "description");
        FleetBuilder builder = new FleetBuilder();
        description.accept(builder);
        this.fleet = Optional.of(builder.build());
        return this;
    }

    /** The description as a value; it is checked with the rest of the configuration. */
    public DatabaseConfig build() {
        return new DatabaseConfig(
                name,
                new HostsConfig(
                        hosts.stream().map(host -> HostConfig.parse(host, port)).toList(),
                        loadBalanceHosts,
                        targetSessionAttributes),
                databaseName,
                user,
                password,
                connectQuery,
                pool.build(),
                sessionState,
                tls,
                authQuery,
                fleet);
    }
}
