package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.admin.AdminConsole;
import dev.pgpool.core.internal.admin.TrafficHistory;
import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.cancel.CancelGate;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.client.ClientDeadlines;
import dev.pgpool.core.internal.client.ClientInitializer;
import dev.pgpool.core.internal.client.ClientMoves;
import dev.pgpool.core.internal.client.ClientRegistry;
import dev.pgpool.core.internal.client.ClientServices;
import dev.pgpool.core.internal.client.LoginServices;
import dev.pgpool.core.internal.hosts.DnsCache;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.pool.PoolServices;
import dev.pgpool.core.internal.secrets.AuthQueries;
import dev.pgpool.core.internal.secrets.Secrets;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.ActiveLoops;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.EventLoop;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the parts of a pooler and joins them, from the inside out. Used by the thread that starts or reloads the pooler. */
final class Wiring {
    private final PoolerRuntime pooler;
    private final Transport transport;
    private final ClientRegistry clients;
    private final TlsContexts tls;
    private final PgPoolListener listener;
    private final @Nullable ConfigSource source;
    private final FirstAnswers firstAnswers;
    private final TrafficHistory history = new TrafficHistory(System.nanoTime());
    private final long madeNanos = System.nanoTime();

    /**
     * Makes nothing yet.
     *
     * @param source where the configuration comes from, null if it is the host's own
     * @param firstAnswers what the start waits for
     */
    Wiring(
            PoolerRuntime pooler,
            Transport transport,
            ClientRegistry clients,
            TlsContexts tls,
            PgPoolListener listener,
            @Nullable ConfigSource source,
            FirstAnswers firstAnswers) {
        this.pooler = pooler;
        this.transport = transport;
        this.clients = clients;
        this.tls = tls;
        this.listener = listener;
        this.source = source;
        this.firstAnswers = firstAnswers;
    }

    /**
     * Makes all parts; the last of them are the listeners, so that clients meet a whole pooler.
     *
     * @param rules which method each client proves itself by, null if it is one for all
     */
    Parts wire(
            PgPoolConfig config,
            TcpOptions tcp,
            @Nullable RuleFiles rules,
            ActiveLoops group,
            Workers workers,
            Listeners listeners)
            throws StartFailure {
        SecureRandom random = new SecureRandom();
        List<EventLoop> loops = new ArrayList<>();
        List<LoopTicker> tickers = new ArrayList<>();
        Map<EventLoop, ClientDeadlines> deadlines = new LinkedHashMap<>();
        for (EventLoop loop : group.loops()) {
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
        Function<@Nullable AuthQueries, AuthQueries> authQueries = before ->
                AuthQueries.create(pooler.config(), before, loops, tickers, listener, connector, resolver, tls);
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
        PoolerControl control = new PoolerControl(pooler, clients, pools, group, names, source, workers.control());
        AdminConsole console = new AdminConsole(control, history);
        // of their own: strangers may ask for peers
        CancelGate forwarded = new CancelGate();
        Function<PeersConfig, PeerCancels> peers =
                now -> new PeerCancels(now, transport, resolver, forwarded, connector::tcp);
        ClientInitializer initializer = new ClientInitializer(
                services(config, rules, random, pools, workers, secrets, peers.apply(config.peers()), console),
                tcp,
                deadlines);
        awaitDatabases(config, secrets, connector, resolver, loops.get(0));
        listeners.bind(initializer, tcp);
        pools.start();
        group.mover(new ClientMoves(clients)::move);
        StatsSampling sampling = new StatsSampling(pooler, control, history, madeNanos);
        loops.get(0)
                .execute(() -> tickers.get(0).add(now -> {
                    group.onTick(now);
                    sampling.onTick(now);
                    if (pools.hasRemoved()) {
                        clients.sendRemovedAway();
                    }
                }));
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

    /** Before clients can come: what fails here has let no client in. */
    private void awaitDatabases(
            PgPoolConfig config, Secrets secrets, ServerConnector connector, HostResolver resolver, EventLoop loop)
            throws StartFailure {
        try {
            firstAnswers.await(
                    config,
                    new DatabaseDestination.Means(
                            connector,
                            resolver,
                            tls,
                            secrets.forServers(),
                            config.auth().credentials(),
                            listener),
                    loop);
        } catch (StartFailure e) {
            var unused = secrets.queries().close();
            throw e;
        }
    }

    /** What clients need of parts that exist already, under another configuration. */
    ClientServices services(PgPoolConfig next, @Nullable RuleFiles rules, Parts parts) {
        return services(
                next,
                rules,
                new SecureRandom(),
                parts.pools(),
                parts.workers(),
                parts.secrets(),
                parts.peers().apply(next.peers()),
                parts.console());
    }

    private ClientServices services(
            PgPoolConfig now,
            @Nullable RuleFiles rules,
            SecureRandom random,
            PoolRegistry pools,
            Workers workers,
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
}
