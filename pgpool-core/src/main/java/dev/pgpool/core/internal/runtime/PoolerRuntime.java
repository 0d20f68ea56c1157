package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.client.ClientDeadlines;
import dev.pgpool.core.internal.client.ClientInitializer;
import dev.pgpool.core.internal.client.ClientRegistry;
import dev.pgpool.core.internal.client.ClientServices;
import dev.pgpool.core.internal.client.ClientSession;
import dev.pgpool.core.internal.client.LoginServices;
import dev.pgpool.core.internal.pool.AuthQueries;
import dev.pgpool.core.internal.pool.DnsCache;
import dev.pgpool.core.internal.pool.HostResolver;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.pool.PoolServices;
import dev.pgpool.core.internal.pool.Secrets;
import dev.pgpool.core.internal.server.CancelSender;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.stats.PgPoolSnapshot;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pooler's parts, wired. Starts from the inside out and ends from the outside in: stop accepting, clients, servers,
 * event loops last. Thread-safe.
 */
public final class PoolerRuntime {
    private static final Logger LOGGER = LoggerFactory.getLogger(PoolerRuntime.class);
    private static final long CLOSE_SECONDS = 10;

    /** The pooler could not start; nothing of it is left. */
    public static final class StartFailure extends Exception {
        private static final long serialVersionUID = 1L;

        StartFailure(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private final PgPoolConfig config;
    private final PgPoolListener listener;
    private final ClientRegistry clients;
    private final @Nullable RuleFiles rules;
    private final TlsContexts tls;
    private final AtomicReference<Lifecycle> state = new AtomicReference<>(Lifecycle.NEW);
    private @Nullable Parts parts;

    /** What exists while the pooler runs. */
    private record Parts(
            EventLoopGroup loops,
            Workers workers,
            PoolRegistry pools,
            AuthQueries authQueries,
            List<Channel> listeners) {}

    /** @throws dev.pgpool.core.config.ConfigException with every problem of keys and certificates, or of rule files */
    public PoolerRuntime(PgPoolConfig config, PgPoolListener listener) {
        this.config = config;
        AuthConfig auth = config.auth();
        this.rules = auth.hbaFile()
                .map(file -> new RuleFiles(
                        file, auth.identFile(), auth.authenticator().isPresent()))
                .orElse(null);
        this.listener = listener == PgPoolListener.NONE ? listener : new GuardedListener(listener);
        this.clients = new ClientRegistry(config.listen().maxClientConnections());
        this.tls = new TlsContexts(config);
    }

    /** Starts; does nothing when running. */
    public synchronized void start() throws StartFailure {
        if (state.get() == Lifecycle.RUNNING) {
            return;
        }
        if (!state.compareAndSet(Lifecycle.NEW, Lifecycle.STARTING)) {
            throw new IllegalStateException("the pooler was closed");
        }
        Transport transport = Transport.best();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                config.eventLoops(), new DefaultThreadFactory("pgpool", true), transport.ioHandlers());
        Workers workers = Workers.create();
        List<Channel> listeners = new ArrayList<>();
        try {
            parts = wire(transport, loops, workers, listeners);
        } catch (StartFailure | RuntimeException e) {
            state.set(Lifecycle.CLOSED);
            listeners.forEach(channel -> channel.close().awaitUninterruptibly());
            end(loops, workers);
            tls.close();
            throw e;
        }
        state.set(Lifecycle.RUNNING);
        LOGGER.atInfo()
                .addKeyValue("address", address())
                .addKeyValue("transport", transport)
                .addKeyValue("loops", config.eventLoops())
                .addKeyValue("databases", config.databaseNames())
                .log("pooler started");
    }

    private Parts wire(Transport transport, EventLoopGroup group, Workers workers, List<Channel> listeners)
            throws StartFailure {
        SecureRandom random = new SecureRandom();
        List<EventLoop> loops = new ArrayList<>();
        List<LoopTicker> tickers = new ArrayList<>();
        Map<EventLoop, ClientDeadlines> deadlines = new LinkedHashMap<>();
        for (EventExecutor executor : group) {
            EventLoop loop = (EventLoop) executor;
            LoopTicker ticker = new LoopTicker(loop);
            ClientDeadlines ofLoop =
                    new ClientDeadlines(config.listen().loginTimeout().toNanos());
            loop.execute(() -> ticker.add(ofLoop));
            ticker.start();
            loops.add(loop);
            tickers.add(ticker);
            deadlines.put(loop, ofLoop);
        }
        ServerConnector connector = new ServerConnector(transport, random, workers.passwords());
        HostResolver resolver = new HostResolver(
                transport, new DnsCache(DnsCache.Lookup.SYSTEM, workers.lookups(), config.dns(), System::nanoTime));
        AuthQueries authQueries = AuthQueries.create(config, loops, tickers, connector, resolver, tls);
        Secrets secrets = new Secrets(config.auth().credentials(), authQueries);
        PoolServices poolServices = new PoolServices(
                loops,
                tickers,
                connector,
                new CancelSender(transport, workers.passwords()),
                resolver,
                secrets.forServers(),
                listener,
                tls);
        PoolRegistry pools = new PoolRegistry(poolServices, config.poolMode(), config.users());
        ClientServices services = new ClientServices(
                config,
                clients,
                pools,
                workers.passwords(),
                random,
                listener,
                tls,
                new LoginServices(secrets, rules, workers.authenticators()));
        new Listeners(transport, group, new ClientInitializer(services, deadlines)).bind(config.listen(), listeners);
        pools.start(config.databases().values());
        return new Parts(group, workers, pools, authQueries, listeners);
    }

    public PgPoolConfig config() {
        return config;
    }

    /** The TCP address with the real port. */
    public InetSocketAddress address() {
        return (InetSocketAddress) running().listeners().get(0).localAddress();
    }

    /** Reads keys, certificates and trust again. */
    public void reloadTls() {
        PoolRegistry pools = running().pools();
        Set<String> changed = tls.reload();
        pools.replaceServers(changed);
        LOGGER.atInfo().addKeyValue("changed", changed).log("keys and certificates read again");
    }

    /** The figures of this instant. */
    public PgPoolSnapshot snapshot() {
        return running().pools().snapshot(clients.size());
    }

    private synchronized Parts running() {
        Parts known = parts;
        if (known == null) {
            throw new IllegalStateException("the pooler is not running");
        }
        return known;
    }

    /** Ends everything; idempotent. */
    public synchronized void close() {
        Lifecycle before = state.getAndSet(Lifecycle.CLOSED);
        Parts known = parts;
        parts = null;
        if (before != Lifecycle.RUNNING || known == null) {
            if (before == Lifecycle.NEW) {
                tls.close();
            }
            return;
        }
        known.listeners().forEach(channel -> channel.close().awaitUninterruptibly());
        Listeners.removeSocketFile(config.listen(), known.listeners());
        clients.all().forEach(ClientSession::onShutdown);
        try {
            CompletableFuture.allOf(known.pools().close(), known.authQueries().close())
                    .get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.atWarn().setCause(e).log("servers not closed in time");
        }
        end(known.loops(), known.workers());
        tls.close();
        LOGGER.atInfo().log("pooler closed");
    }

    private static void end(EventLoopGroup loops, Workers workers) {
        // A loop that is told to end while it runs tasks does not look at its channels again, and would leave
        // connections
        // open that are still being made; unless it finds something to do at its end, and has a moment left after that.
        loops.forEach(loop -> ((SingleThreadEventExecutor) loop).addShutdownHook(() -> {}));
        loops.shutdownGracefully(1, TimeUnit.SECONDS.toNanos(CLOSE_SECONDS), TimeUnit.NANOSECONDS)
                .awaitUninterruptibly();
        workers.end();
    }
}
