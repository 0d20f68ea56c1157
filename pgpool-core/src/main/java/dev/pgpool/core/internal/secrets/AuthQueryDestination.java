package dev.pgpool.core.internal.secrets;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.HostsConfig;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.hosts.ServerHosts;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerSetup;
import dev.pgpool.core.internal.server.ServerTarget;
import dev.pgpool.core.internal.tls.ServerTls;
import dev.pgpool.core.stats.PoolKey;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Where the connections of an auth query go, as which user, and with which settings: none of them is a client's. */
final class AuthQueryDestination implements ConnectChain.Destination {
    private final AuthQueryConfig query;
    private final String name;
    private final DatabaseConfig database;
    private final CredentialStore host;
    private final PgPoolListener listener;
    private final ServerConnector connector;
    private final HostResolver resolver;
    private final ServerTls tls;
    private final ServerHosts hosts;
    private final ParameterRegistry parameters = new ParameterRegistry();

    /**
     * @param name of the database in which the query runs, as clients say it
     * @param database the entry that serves it
     * @param host where the secret of the user that asks is, if the query does not have it
     */
    AuthQueryDestination(
            AuthQueryConfig query,
            String name,
            DatabaseConfig database,
            CredentialStore host,
            PgPoolListener listener,
            ServerConnector connector,
            HostResolver resolver,
            ServerTls tls) {
        this.query = query;
        this.name = name;
        this.database = database;
        this.host = host;
        this.listener = listener;
        this.connector = connector;
        this.resolver = resolver;
        this.tls = tls;
        // secrets are the same on all of them
        this.hosts = new ServerHosts(
                new HostsConfig(database.hosts().hosts(), database.hosts().loadBalance(), TargetSessionAttributes.ANY));
    }

    /** The database, by the name that clients use. */
    String database() {
        return name;
    }

    /** The database, by the name that servers know it by. */
    String serverDatabase() {
        return database.databaseName().orElse(name);
    }

    /** How long a question may wait for a server that can't be reached; zero for ever. */
    Duration waitTimeout() {
        return database.pool().timeouts().queryWait();
    }

    /** The pause before a failed connect is tried again. */
    Duration connectRetryDelay() {
        return database.pool().timeouts().connectRetryDelay();
    }

    @Override
    public PoolKey key() {
        return new PoolKey(name, query.user());
    }

    @Override
    public PgPoolListener listener() {
        return listener;
    }

    @Override
    public HostResolver resolver() {
        return resolver;
    }

    @Override
    public ServerConnector connector() {
        return connector;
    }

    @Override
    public ServerHosts hosts() {
        return hosts;
    }

    @Override
    public Duration connectTimeout() {
        return query.timeout();
    }

    @Override
    public ParameterRegistry parameters() {
        return parameters;
    }

    @Override
    public ServerTarget target(
            HostConfig to, SocketAddress address, TargetSessionAttributes wanted, Optional<Credential> credential) {
        return new ServerTarget(
                to, address, startup(), query.user(), credential.orElse(null), ServerSetup.NONE, 1, tls, 0);
    }

    @Override
    public CompletionStage<Optional<Credential>> credential() {
        if (query.password().isPresent()) {
            return CompletableFuture.completedFuture(
                    Optional.of(Credential.parse(query.user(), query.password().get())));
        }
        return Secrets.ask(host, name, query.user());
    }

    /** The rest, as search_path, is what the role and the database of the query say; nothing here is of a client's. */
    private Map<String, String> startup() {
        return Map.of(
                "user",
                query.user(),
                "database",
                serverDatabase(),
                "client_encoding",
                "UTF8",
                "application_name",
                "pgpool auth_query",
                "statement_timeout",
                String.valueOf(query.timeout().toMillis()));
    }
}
