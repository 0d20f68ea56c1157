package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.hosts.ServerHosts;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerSetup;
import dev.pgpool.core.internal.server.ServerTarget;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.stats.PoolKey;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Where the control connection of a member goes: to the database in which the budget is kept, as its forced user. */
public final class FleetDestination implements ConnectChain.Destination {
    private final Supplier<DatabaseConfig> database;
    private final FleetKeys keys;
    private final CredentialStore credentials;
    private final PgPoolListener listener;
    private final ServerConnector connector;
    private final HostResolver resolver;
    private final TlsContexts tls;
    private final ParameterRegistry parameters = new ParameterRegistry();

    /**
     * A destination.
     *
     * @param database as the configuration has it now, with a forced user
     * @param credentials where the user's secret is, if the database does not have it
     */
    public FleetDestination(
            String fleet,
            Supplier<DatabaseConfig> database,
            CredentialStore credentials,
            PgPoolListener listener,
            ServerConnector connector,
            HostResolver resolver,
            TlsContexts tls) {
        this.database = database;
        this.keys = FleetKeys.of(fleet);
        this.credentials = credentials;
        this.listener = listener;
        this.connector = connector;
        this.resolver = resolver;
        this.tls = tls;
    }

    private String user() {
        return database.get().user().orElseThrow();
    }

    /** The pause before a failed connect is tried again. */
    Duration connectRetryDelay() {
        return database.get().pool().timeouts().connectRetryDelay();
    }

    @Override
    public PoolKey key() {
        return new PoolKey(database.get().name(), user());
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
        return new ServerHosts(database.get().hosts());
    }

    @Override
    public Duration connectTimeout() {
        return database.get().pool().timeouts().connect();
    }

    @Override
    public ParameterRegistry parameters() {
        return parameters;
    }

    @Override
    public ServerTarget target(
            HostConfig to, SocketAddress address, TargetSessionAttributes wanted, Optional<Credential> credential) {
        return new ServerTarget(
                to,
                address,
                startup(),
                user(),
                credential.orElse(null),
                new ServerSetup(wanted, Optional.empty()),
                1,
                tls.servers(database.get()),
                0);
    }

    @Override
    public CompletionStage<Optional<Credential>> credential() {
        DatabaseConfig now = database.get();
        if (now.password().isPresent()) {
            return CompletableFuture.completedFuture(
                    Optional.of(Credential.parse(user(), now.password().get())));
        }
        return credentials.find(now.name(), user());
    }

    /** What a role or a database says of time limits must not end the session: with it would go what it holds. */
    private Map<String, String> startup() {
        DatabaseConfig now = database.get();
        return Map.of(
                "user",
                user(),
                "database",
                now.databaseName().orElse(now.name()),
                "client_encoding",
                "UTF8",
                "application_name",
                keys.applicationName(),
                "statement_timeout",
                "0",
                "idle_session_timeout",
                "0",
                "default_transaction_read_only",
                "off",
                "search_path",
                "pg_catalog");
    }
}
