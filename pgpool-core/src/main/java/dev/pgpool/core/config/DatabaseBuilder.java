package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Describes one database; given to the lambda of {@code PgPoolBuilder.database}. Not thread-safe. */
public final class DatabaseBuilder {
    private final String name;
    private String host = "localhost";
    private int port = 5432;
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

    /** @param name what clients connect to, or {@code *} for every database without an entry of its own */
    public DatabaseBuilder(String name) {
        this.name = name;
    }

    /** Default {@code localhost}. A name, an address, or a directory that holds the server's unix socket. */
    public DatabaseBuilder host(String host) {
        this.host = host;
        return this;
    }

    /** Default 5432. */
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

    /** The description as a value; it is checked with the rest of the configuration. */
    public DatabaseConfig build() {
        return new DatabaseConfig(
                name,
                host,
                port,
                databaseName,
                user,
                password,
                new PoolConfig(
                        maxConnections,
                        maxParallelConnects,
                        waitTimeout,
                        connectTimeout,
                        connectRetryDelay,
                        abandonTimeout,
                        maxPreparedStatements),
                sessionState,
                authQuery);
    }
}
