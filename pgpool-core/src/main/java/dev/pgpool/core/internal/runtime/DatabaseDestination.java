package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.HostsConfig;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.hosts.ConnectChain;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.hosts.ServerHosts;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.secrets.Secrets;
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

/** Where the start looks whether a database answers. */
final class DatabaseDestination implements ConnectChain.Destination {
    private final DatabaseConfig database;
    private final TrialUser user;
    private final Means means;
    private final ServerHosts hosts;
    private final ParameterRegistry parameters = new ParameterRegistry();
    private volatile boolean lacksSecret;

    /**
     * What connections are made by.
     *
     * @param secrets what a user of a server can log in there with
     * @param store the secrets that the host has, without those that servers are asked for
     */
    record Means(
            ServerConnector connector,
            HostResolver resolver,
            TlsContexts tls,
            CredentialStore secrets,
            CredentialStore store,
            PgPoolListener listener) {}

    DatabaseDestination(DatabaseConfig database, TrialUser user, Means means) {
        this.database = database;
        this.user = user;
        this.means = means;
        HostsConfig configured = database.hosts();
        // without a login no server says of which kind it is
        this.hosts = new ServerHosts(
                user.isReal()
                        ? configured
                        : new HostsConfig(configured.hosts(), configured.loadBalance(), TargetSessionAttributes.ANY));
    }

    @Override
    public PoolKey key() {
        return new PoolKey(database.name(), user.name());
    }

    @Override
    public PgPoolListener listener() {
        return means.listener;
    }

    @Override
    public HostResolver resolver() {
        return means.resolver;
    }

    @Override
    public ServerConnector connector() {
        return means.connector;
    }

    @Override
    public ServerHosts hosts() {
        return hosts;
    }

    @Override
    public Duration connectTimeout() {
        return database.pool().timeouts().connect();
    }

    @Override
    public ParameterRegistry parameters() {
        return parameters;
    }

    @Override
    public CompletionStage<Optional<Credential>> credential() {
        if (!user.isReal()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        if (user.password().isPresent()) {
            return CompletableFuture.completedFuture(
                    user.password().map(secret -> Credential.parse(user.name(), secret)));
        }
        CompletionStage<Optional<Credential>> found = database.user().isPresent()
                ? means.secrets.find(database.name(), user.name())
                : Secrets.ask(means.store, database.name(), user.name());
        return found.thenApply(credential -> {
            lacksSecret = credential.isEmpty() || credential.get() instanceof Credential.ScramVerifier;
            return credential;
        });
    }

    /** Whether nothing is known that the user could log in with: clients may show it later. */
    boolean lacksSecret() {
        return lacksSecret;
    }

    @Override
    public ServerTarget target(
            HostConfig host, SocketAddress address, TargetSessionAttributes wanted, Optional<Credential> credential) {
        return new ServerTarget(
                host,
                address,
                Map.of(
                        "user",
                        user.name(),
                        "database",
                        database.databaseName().orElse(database.name()),
                        "application_name",
                        "pgpool start"),
                user.name(),
                credential.orElse(null),
                new ServerSetup(wanted, Optional.empty()),
                1,
                means.tls.servers(database),
                0);
    }
}
