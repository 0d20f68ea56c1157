package dev.pgpool.core.internal.pool;

import dev.pgpool.core.auth.Credential;
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
import dev.pgpool.core.stats.PoolKey;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Where the servers of a pool are, and with what to log in to them. Thread-safe. */
final class PoolDestination implements ConnectChain.Destination {
    private final ServerPool pool;
    private final PoolServices services;
    /** Changes with each secret that becomes known. */
    private final AtomicInteger secrets = new AtomicInteger();

    /** The secret that the host's authenticator gave last. */
    private volatile @Nullable Credential given;

    PoolDestination(ServerPool pool) {
        this.pool = pool;
        this.services = pool.services();
    }

    @Override
    public PoolKey key() {
        return pool.key();
    }

    @Override
    public PgPoolListener listener() {
        return services.listener();
    }

    @Override
    public HostResolver resolver() {
        return services.resolver();
    }

    @Override
    public ServerConnector connector() {
        return services.connector();
    }

    @Override
    public ServerHosts hosts() {
        return pool.shape().hosts();
    }

    @Override
    public Duration connectTimeout() {
        return pool.shape().rules().timeouts().connect();
    }

    @Override
    public ParameterRegistry parameters() {
        return pool.parameters();
    }

    @Override
    public ServerTarget target(
            HostConfig host, SocketAddress address, TargetSessionAttributes wanted, Optional<Credential> credential) {
        PoolShape now = pool.shape();
        // before what it stands for is looked up: what changes then is noticed
        int madeNow = pool.generation();
        String user = pool.key().user();
        return new ServerTarget(
                host,
                address,
                Map.of(
                        "user",
                        user,
                        "database",
                        now.config().databaseName().orElse(pool.key().database())),
                user,
                credential.orElse(null),
                new ServerSetup(wanted, now.config().connectQuery()),
                now.statementsKept(),
                now.tls(),
                madeNow);
    }

    /**
     * A client has shown a secret, or the host has given this one.
     *
     * @return false if it is the same that the host gave before: it proves nothing about a server that could not be logged in to
     */
    boolean secretBecame(@Nullable Credential now) {
        if (now != null) {
            if (now.equals(given)) {
                return false;
            }
            given = now;
        }
        secrets.incrementAndGet();
        return true;
    }

    /** Which secrets there are to log in with: an attempt that was begun when it was another number says nothing any more. */
    int secrets() {
        return secrets.get();
    }

    @Override
    public void secretRefused(@Nullable Credential refused) {
        if (refused != null && refused.equals(given)) {
            given = null;
        }
    }

    @Override
    public CompletionStage<Optional<Credential>> credential() {
        Credential known = given;
        if (known != null) {
            return CompletableFuture.completedFuture(Optional.of(known));
        }
        PoolKey key = pool.key();
        DatabaseConfig now = pool.shape().config();
        if (now.password().isPresent() && now.user().equals(Optional.of(key.user()))) {
            return CompletableFuture.completedFuture(
                    Optional.of(Credential.parse(key.user(), now.password().get())));
        }
        return services.credentials().find(key.database(), key.user());
    }
}
