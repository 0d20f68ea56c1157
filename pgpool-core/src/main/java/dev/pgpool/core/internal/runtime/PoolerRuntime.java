package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.AdminConfig;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.admin.AdminConsole;
import dev.pgpool.core.internal.admin.AdminControl;
import dev.pgpool.core.internal.admin.TrafficHistory;
import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.cancel.CancelGate;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.client.ClientDeadlines;
import dev.pgpool.core.internal.client.ClientInitializer;
import dev.pgpool.core.internal.client.ClientRegistry;
import dev.pgpool.core.internal.client.ClientServices;
import dev.pgpool.core.internal.client.ClientSession;
import dev.pgpool.core.internal.client.LoginServices;
import dev.pgpool.core.internal.hosts.DnsCache;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.pool.PoolServices;
import dev.pgpool.core.internal.secrets.AuthQueries;
import dev.pgpool.core.internal.secrets.Secrets;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
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
    private static final long DRAIN_MILLIS = 20;
    private static final Duration FOR_EVER = Duration.ofDays(365);

    /** The pooler could not start; nothing of it is left. */
    public static final class StartFailure extends Exception {
        private static final long serialVersionUID = 1L;

        /** @param message with the setting's path in front, as in a {@link dev.pgpool.core.config.ConfigException} */
        StartFailure(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private volatile PgPoolConfig config;
    private final @Nullable ConfigSource source;
    private final PgPoolListener listener;
    private final ClientRegistry clients;
    private @Nullable RuleFiles rules;
    private final TlsContexts tls;
    private final Transport transport = Transport.best();
    private TcpOptions tcp;
    private final AtomicReference<Lifecycle> state = new AtomicReference<>(Lifecycle.NEW);
    private final TrafficHistory history = new TrafficHistory(System.nanoTime());
    /** Confined to the first event loop. */
    private long lastSampleNanos = System.nanoTime();

    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile @Nullable Parts parts;

    /** What exists while the pooler runs. */
    private record Parts(
            EventLoopGroup loops,
            Workers workers,
            PoolRegistry pools,
            Secrets secrets,
            ClientInitializer initializer,
            ServerConnector connector,
            Map<EventLoop, ClientDeadlines> deadlines,
            PoolerControl control,
            AdminConsole console,
            Function<PeersConfig, PeerCancels> peers,
            Function<@Nullable AuthQueries, AuthQueries> authQueries,
            Listeners listeners) {}

    /**
     * @param source where the configuration comes from, null if it is the host's own
     * @throws dev.pgpool.core.config.ConfigException with every problem of keys and certificates, or of rule files
     */
    public PoolerRuntime(PgPoolConfig config, @Nullable ConfigSource source, PgPoolListener listener) {
        this.config = config;
        this.source = source;
        SocketNamespace.check(transport, config);
        this.tcp = new TcpOptions(transport, config.tcp());
        this.rules = rules(config.auth());
        this.listener = listener == PgPoolListener.NONE ? listener : new GuardedListener(listener);
        this.clients = new ClientRegistry(
                config.listen().maxClientConnections(), config.peers().id());
        this.tls = new TlsContexts(config);
    }

    private static @Nullable RuleFiles rules(AuthConfig auth) {
        return auth.hbaFile()
                .map(file -> new RuleFiles(
                        file, auth.identFile(), auth.authenticator().isPresent()))
                .orElse(null);
    }

    /** Starts; does nothing when running. */
    public synchronized void start() throws StartFailure {
        if (state.get() == Lifecycle.RUNNING) {
            return;
        }
        if (!state.compareAndSet(Lifecycle.NEW, Lifecycle.STARTING)) {
            throw new IllegalStateException("the pooler was closed");
        }
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                config.eventLoops(), new DefaultThreadFactory("pgpool", true), transport.ioHandlers());
        Workers workers = Workers.create();
        Listeners listeners = new Listeners(transport, loops, config.listen());
        try {
            parts = wire(loops, workers, listeners);
        } catch (StartFailure | RuntimeException e) {
            state.set(Lifecycle.CLOSED);
            listeners.close();
            end(loops, workers);
            tls.close();
            closed.complete(null);
            throw e;
        }
        state.set(Lifecycle.RUNNING);
        LOGGER.atInfo()
                .addKeyValue("address", listeners.addresses())
                .addKeyValue("transport", transport)
                .addKeyValue("loops", config.eventLoops())
                .addKeyValue("databases", config.databaseNames())
                .log("pooler started");
    }

    private Parts wire(EventLoopGroup group, Workers workers, Listeners listeners) throws StartFailure {
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
        ServerConnector connector = new ServerConnector(transport, random, workers.passwords(), clients.numbers(), tcp);
        DnsCache names = new DnsCache(DnsCache.Lookup.SYSTEM, workers.lookups(), config.dns(), System::nanoTime);
        HostResolver resolver = new HostResolver(transport, names);
        Function<@Nullable AuthQueries, AuthQueries> authQueries =
                before -> AuthQueries.create(config, before, loops, tickers, listener, connector, resolver, tls);
        Secrets secrets = new Secrets(config.auth().credentials(), authQueries.apply(null));
        PoolServices poolServices = new PoolServices(
                loops,
                tickers,
                connector,
                new CancelSender(transport, workers.passwords(), new CancelGate(), connector::tcp),
                resolver,
                secrets.forServers(),
                listener,
                tls);
        PoolRegistry pools = new PoolRegistry(poolServices, config);
        pools.globals().concern(secrets::queries);
        secrets.disabled(pools.commands()::isDisabled);
        PoolerControl control = new PoolerControl(this, clients, pools, names, source, workers.control());
        AdminConsole console = new AdminConsole(control, history);
        // of their own: strangers may ask for peers
        CancelGate forwarded = new CancelGate();
        Function<PeersConfig, PeerCancels> peers =
                now -> new PeerCancels(now, transport, resolver, forwarded, connector::tcp);
        ClientServices services =
                services(config, pools, workers, random, secrets, peers.apply(config.peers()), console);
        ClientInitializer initializer = new ClientInitializer(services, tcp, deadlines);
        listeners.bind(initializer, tcp);
        pools.start();
        loops.get(0).execute(() -> tickers.get(0).add(now -> onTick(now, pools, control)));
        return new Parts(
                group,
                workers,
                pools,
                secrets,
                initializer,
                connector,
                Map.copyOf(deadlines),
                control,
                console,
                peers,
                authQueries,
                listeners);
    }

    private ClientServices services(
            PgPoolConfig now,
            PoolRegistry pools,
            Workers workers,
            SecureRandom random,
            Secrets secrets,
            PeerCancels peers,
            AdminConsole console) {
        return new ClientServices(
                now,
                clients,
                pools,
                workers.passwords(),
                random,
                listener,
                tls,
                new LoginServices(secrets, rules, workers.authenticators(), workers.directories()),
                peers,
                console);
    }

    private void onTick(long nowNanos, PoolRegistry pools, PoolerControl control) {
        AdminConfig admin = config.admin();
        if (!admin.isNobody()
                && nowNanos - lastSampleNanos >= admin.statsPeriod().toNanos()) {
            lastSampleNanos = nowNanos;
            control.snapshot().thenAccept(snapshot -> history.add(snapshot, nowNanos));
        }
        if (pools.hasRemoved()) {
            clients.sendRemovedAway();
        }
    }

    /** What operators can do. */
    public PoolerControl control() {
        return running().control();
    }

    /** What it goes by now. */
    public PgPoolConfig config() {
        return config;
    }

    /** The first TCP address with the real port. */
    public InetSocketAddress address() {
        return running()
                .listeners()
                .address()
                .orElseThrow(() -> new IllegalStateException("the pooler listens on a unix socket only"));
    }

    /**
     * Takes another configuration, and reads keys, certificates and trust again.
     *
     * @throws dev.pgpool.core.config.ConfigException with every problem found; then nothing has changed
     */
    public synchronized void reload(PgPoolConfig next) {
        Parts known = running();
        Unchangeable.check(config, next);
        // also those of the same name: what is wrong with them is to be said now
        SocketNamespace.check(transport, next);
        TcpOptions nextTcp = new TcpOptions(transport, next.tcp());
        RuleFiles nextRules = rules(next.auth());
        Set<String> encryptedAnew = tls.reload(next);
        // from here on nothing can fail
        config = next;
        rules = nextRules;
        tcp = nextTcp;
        known.listeners().adopt(tcp);
        known.initializer().adopt(tcp);
        known.connector().adopt(tcp);
        AuthQueries queries = known.secrets().queries();
        known.secrets().adopt(next.auth().credentials(), known.authQueries().apply(queries));
        clients.limit(next.listen().maxClientConnections());
        known.deadlines()
                .values()
                .forEach(loop -> loop.loginTimeout(next.listen().loginTimeout().toNanos()));
        known.control().adopt(next.dns());
        known.pools().adopt(next);
        known.initializer()
                .adopt(services(
                        next,
                        known.pools(),
                        known.workers(),
                        new SecureRandom(),
                        known.secrets(),
                        known.peers().apply(next.peers()),
                        known.console()));
        clients.adopt();
        LOGGER.atInfo()
                .addKeyValue("databases", next.databaseNames())
                .addKeyValue("encryptedAnew", encryptedAnew)
                .log("configuration adopted");
    }

    /** Whether new clients are let in and every event loop answers soon. Blocks for a second at most. */
    public boolean isHealthy() {
        Parts known = parts;
        if (known == null || !clients.isAdmitting()) {
            return false;
        }
        CountDownLatch answers = new CountDownLatch(config.eventLoops());
        try {
            known.loops().forEach(loop -> loop.execute(answers::countDown));
            return answers.await(1, TimeUnit.SECONDS) && known.listeners().areOpen();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Begins to end; for those who must not wait. */
    void beginShutdown(AdminControl.Shutdown how) {
        new DefaultThreadFactory("pgpool-shutdown", true)
                .newThread(() -> {
                    switch (how) {
                        case IMMEDIATE -> close();
                        case WAIT_FOR_SERVERS -> awaitServers();
                        case WAIT_FOR_CLIENTS -> drain(FOR_EVER, false);
                    }
                })
                .start();
    }

    /**
     * Lets no other client in, waits until those that are here have left, and ends everything.
     *
     * @param sendIdleAway whether they are told to leave as soon as they are not in the middle of something
     * @return whether they all have left in time
     */
    public boolean drain(Duration atMost, boolean sendIdleAway) {
        Parts known = running();
        long deadline = System.nanoTime() + atMost.toNanos();
        clients.stopAdmitting(!sendIdleAway);
        known.listeners().closeTcp();
        clients.doorsClosed();
        LOGGER.atInfo().addKeyValue("clients", clients.size()).log("pooler drains");
        boolean empty = clients.sizeWithoutOperators() == 0;
        CompletableFuture<?> swept = CompletableFuture.completedFuture(null);
        try {
            while (!empty && deadline - System.nanoTime() > 0 && parts != null) {
                if (sendIdleAway && swept.isDone()) {
                    swept = clients.sendIdleAway(CloseReason.SHUTDOWN);
                }
                Thread.sleep(DRAIN_MILLIS);
                empty = clients.sizeWithoutOperators() == 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close();
        return empty;
    }

    /**
     * Lets no other clients in and gives out no servers any more, waits until those that clients have are given back, and ends
     * everything. A session keeps its server for as long as the pool's mode says.
     */
    public void awaitServers() {
        Parts known = running();
        clients.stopAdmitting(false);
        known.listeners().closeTcp();
        clients.doorsClosed();
        LOGGER.atInfo().addKeyValue("clients", clients.size()).log("pooler waits for servers");
        CompletableFuture<Void> ended = known.control().end();
        CompletableFuture<?> swept = CompletableFuture.completedFuture(null);
        try {
            while (!ended.isDone() && parts != null) {
                if (swept.isDone()) {
                    swept = clients.sendPinnedAway(CloseReason.SHUTDOWN);
                }
                Thread.sleep(DRAIN_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close();
    }

    /** Completes when everything has ended. */
    public CompletableFuture<Void> whenClosed() {
        return closed.copy();
    }

    private Parts running() {
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
                closed.complete(null);
            }
            return;
        }
        known.listeners().close();
        clients.all().forEach(ClientSession::onShutdown);
        try {
            CompletableFuture.allOf(
                            known.pools().close(), known.secrets().queries().close())
                    .get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.atWarn().setCause(e).log("servers not closed in time");
        }
        end(known.loops(), known.workers());
        tls.close();
        LOGGER.atInfo().log("pooler closed");
        closed.complete(null);
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
