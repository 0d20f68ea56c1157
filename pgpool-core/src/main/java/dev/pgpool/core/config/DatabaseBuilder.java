package dev.pgpool.core.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Describes one database; given to the lambda of {@code PgPoolBuilder.database}. Not thread-safe. */
public final class DatabaseBuilder {
    private final String name;
    private List<String> hosts = List.of("localhost");
    private int port = 5432;
    private LoadBalanceHosts loadBalanceHosts = LoadBalanceHosts.ROUND_ROBIN;
    private TargetSessionAttributes targetSessionAttributes = TargetSessionAttributes.ANY;
    private Optional<String> connectQuery = Optional.empty();
    private Optional<String> databaseName = Optional.empty();
    private Optional<String> user = Optional.empty();
    private Optional<String> password = Optional.empty();
    private int maxConnections = PoolConfig.DEFAULT.maxConnections();
    private int maxParallelConnects = PoolConfig.DEFAULT.maxParallelConnects();
    private Duration waitTimeout = PoolConfig.DEFAULT.waitTimeout();
    private Duration connectTimeout = PoolConfig.DEFAULT.connectTimeout();
    private Duration connectRetryDelay = PoolConfig.DEFAULT.connectRetryDelay();
    private Duration abandonTimeout = PoolConfig.DEFAULT.abandonTimeout();
    private SessionStateConfig sessionState = SessionStateConfig.DEFAULT;
    private Optional<AuthQueryConfig> authQuery = Optional.empty();
    private int maxPreparedStatements = PoolConfig.DEFAULT.maxPreparedStatements();
    private TlsConfig tls = TlsConfig.SERVERS;
    private boolean serverRoundRobin = PoolConfig.DEFAULT.serverRoundRobin();

    /** @param name what clients connect to, or {@code *} for every database without an entry of its own */
    public DatabaseBuilder(String name) {
        this.name = name;
    }

    /** Default {@code localhost}. A name, an address, or a directory that holds the server's unix socket. */
    public DatabaseBuilder host(String host) {
        return hosts(host);
    }

    /**
     * Default {@code localhost}. Several servers that have the database, each like {@code db1}, {@code db1:5433},
     * {@code [::1]:5433} or {@code /run/postgresql:5433}; one without a port of its own has that of {@link #port}. When
     * connecting to one fails the next is tried.
     */
    public DatabaseBuilder hosts(String... hosts) {
        this.hosts = List.of(hosts);
        return this;
    }

    /** Default round robin. Which of several hosts a new server connection tries first. */
    public DatabaseBuilder loadBalanceHosts(LoadBalanceHosts loadBalanceHosts) {
        this.loadBalanceHosts = loadBalanceHosts;
        return this;
    }

    /** Default any. Which kind of server is wanted; hosts of another kind are passed over. */
    public DatabaseBuilder targetSessionAttributes(TargetSessionAttributes targetSessionAttributes) {
        this.targetSessionAttributes = targetSessionAttributes;
        return this;
    }

    /**
     * Default none. SQL that each new server connection runs after login and before its first use. If it fails, that is
     * logged and the connection is used all the same.
     */
    public DatabaseBuilder connectQuery(String sql) {
        this.connectQuery = Optional.of(sql);
        return this;
    }

    /** Default 5432. The port of hosts that name none. */
    public DatabaseBuilder port(int port) {
        this.port = port;
        return this;
    }

    /** Default: the name that the client used. The database's name on the server. */
    public DatabaseBuilder databaseName(String databaseName) {
        this.databaseName = Optional.of(databaseName);
        return this;
    }

    /** Default: the client's own user. With a forced user all clients share one pool. */
    public DatabaseBuilder user(String user) {
        this.user = Optional.of(user);
        return this;
    }

    /** Default none. The forced user's secret; without it the credential store is asked. */
    public DatabaseBuilder password(String password) {
        this.password = Optional.of(password);
        return this;
    }

    /** Default 20. Server connections at most, for each user of this database. */
    public DatabaseBuilder maxConnections(int maxConnections) {
        this.maxConnections = maxConnections;
        return this;
    }

    /** Default 2. Server connections under construction at once. */
    public DatabaseBuilder maxParallelConnects(int maxParallelConnects) {
        this.maxParallelConnects = maxParallelConnects;
        return this;
    }

    /** Default 120 s; zero waits for ever. How long a client waits for a server before it gets an error. */
    public DatabaseBuilder waitTimeout(Duration waitTimeout) {
        this.waitTimeout = waitTimeout;
        return this;
    }

    /** Default 15 s. How long a server connection may take until it is ready for queries. */
    public DatabaseBuilder connectTimeout(Duration connectTimeout) {
        this.connectTimeout = connectTimeout;
        return this;
    }

    /** Default 1 s. How long a failed connect is remembered and told to clients when no server is there. */
    public DatabaseBuilder connectRetryDelay(Duration connectRetryDelay) {
        this.connectRetryDelay = connectRetryDelay;
        return this;
    }

    /** Default 5 s. How long a server may take to become clean after its client left in the middle. */
    public DatabaseBuilder abandonTimeout(Duration abandonTimeout) {
        this.abandonTimeout = abandonTimeout;
        return this;
    }

    /** Default 200. Prepared statements kept on one server connection; the least recently used one makes room. */
    public DatabaseBuilder maxPreparedStatements(int maxPreparedStatements) {
        this.maxPreparedStatements = maxPreparedStatements;
        return this;
    }

    /** Default: encrypted where the server can, without proof of who it is. How connections to the servers are encrypted. */
    public DatabaseBuilder tls(Consumer<TlsBuilder> description) {
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
        this.sessionState = sessionState.with(kind, policy);
        return this;
    }

    /** Default {@code DISCARD ALL}; empty for none. SQL that cleans a server after its client in session pooling. */
    public DatabaseBuilder serverResetQuery(String sql) {
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
        this.serverRoundRobin = serverRoundRobin;
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
                new PoolConfig(
                        maxConnections,
                        maxParallelConnects,
                        waitTimeout,
                        connectTimeout,
                        connectRetryDelay,
                        abandonTimeout,
                        maxPreparedStatements,
                        serverRoundRobin),
                sessionState,
                tls,
                authQuery);
    }
}
