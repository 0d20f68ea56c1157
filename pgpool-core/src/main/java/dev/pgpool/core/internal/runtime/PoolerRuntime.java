package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.admin.AdminControl;
import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.client.ClientRegistry;
import dev.pgpool.core.internal.client.ClientSession;
import dev.pgpool.core.internal.embedded.Entrance;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.secrets.AuthQueries;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.ActiveLoops;
import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.transport.TransportChoice;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiPredicate;
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

    private volatile PgPoolConfig config;
    private final ClientRegistry clients;
    private @Nullable RuleFiles rules;
    private final TlsContexts tls;
    private final Transport transport = TransportChoice.best();
    private TcpOptions tcp;
    private final AtomicReference<Lifecycle> state = new AtomicReference<>(Lifecycle.NEW);
    private final FirstAnswers firstAnswers = new FirstAnswers();
    private final Wiring wiring;
    private final GracefulEnd gracefulEnd;
    private final Entrance entrance = new Entrance();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile @Nullable Parts parts;
    /** Also of a pooler that has ended. */
    private volatile List<EventLoop> eventLoops = List.of();

    /**
     * @param source where the configuration comes from, null if it is the host's own
     * @throws dev.pgpool.core.config.ConfigException with every problem of keys and certificates, or of rule files
     */
    public PoolerRuntime(PgPoolConfig config, @Nullable ConfigSource source, PgPoolListener listener) {
        this.config = config;
        SocketNamespace.check(transport, config);
        this.tcp = new TcpOptions(transport, config.tcp());
        this.rules = rules(config.auth());
        this.clients = new ClientRegistry(
                config.listen().maxClientConnections(), config.peers().id());
        this.tls = new TlsContexts(config);
        PgPoolListener guarded = listener == PgPoolListener.NONE ? listener : new GuardedListener(listener);
        this.wiring = new Wiring(this, transport, clients, tls, guarded, source, firstAnswers);
        this.gracefulEnd = new GracefulEnd(this, clients);
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
        ActiveLoops loops =
                new ActiveLoops(transport.loops(config.eventLoops(), PoolerThreads.of(config.instance(), "loop")));
        eventLoops = loops.loops();
        Workers workers = Workers.create(config.instance());
        Listeners listeners = new Listeners(transport, loops, config.listen());
        try {
            Parts wired = wiring.wire(config, tcp, rules, loops, workers, listeners);
            parts = wired;
            entrance.open(loops, wired.initializer());
        } catch (StartFailure | RuntimeException e) {
            state.set(Lifecycle.CLOSED);
            listeners.close();
            LoopsEnd.await(loops, entrance, TimeUnit.SECONDS.toNanos(CLOSE_SECONDS));
            workers.end();
            tls.close();
            closed.complete(null);
            throw e;
        }
        state.set(Lifecycle.RUNNING);
        LogLine.info(LOGGER, "pooler started")
                .with("name", config.instance().name())
                .with("address", listeners.addresses())
                .with("transport", transport)
                .with("loops", config.eventLoops())
                .with("databases", config.databaseNames())
                .write();
    }

    /** What operators can do. */
    public PoolerControl control() {
        return running().control();
    }

    /** The same for callers that wait for what comes of it. */
    public PoolerControl awaited() {
        refuseEventLoops();
        return control();
    }

    /** An event loop that waits for the pooler waits for itself, and all its clients with it. */
    void refuseEventLoops() {
        if (isEventLoop()) {
            throw new IllegalStateException(
                    "an event loop of the pooler can't wait for the pooler: call from another thread");
        }
    }

    private boolean isEventLoop() {
        return eventLoops.stream().anyMatch(EventLoop::inEventLoop);
    }

    /**
     * A connection of the host's own.
     *
     * @param check says whether it may log in to a database, the first, as a user; null if it may be any
     */
    public Socket connect(@Nullable BiPredicate<String, String> check) throws IOException {
        return entrance.connect(check);
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
                .orElseThrow(() -> new IllegalStateException("the pooler listens on no TCP address"));
    }

    /**
     * Takes another configuration, and reads keys, certificates and trust again.
     *
     * @throws dev.pgpool.core.config.ConfigException with every problem found; then nothing has changed
     */
    public void reload(PgPoolConfig next) {
        refuseEventLoops();
        // not behind a start that waits
        running();
        adopt(next);
    }

    private synchronized void adopt(PgPoolConfig next) {
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
        known.initializer().adopt(wiring.services(next, nextRules, known));
        clients.adopt();
        LogLine.info(LOGGER, "configuration adopted")
                .with("name", next.instance().name())
                .with("databases", next.databaseNames())
                .with("encryptedAnew", encryptedAnew)
                .write();
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

    /** How it ends with regard for its clients. */
    public GracefulEnd gracefulEnd() {
        return gracefulEnd;
    }

    /** Completes when everything has ended. */
    public CompletableFuture<Void> whenClosed() {
        return closed.copy();
    }

    boolean isRunning() {
        return parts != null;
    }

    /** Where it listens, or how far it is in its life; its databases; how many clients there are. For people. */
    public String whereabouts() {
        Parts known = parts;
        return (known == null
                        ? String.valueOf(state.get())
                        : where(known.listeners().addresses())) + ", databases " + config.databaseNames() + ", clients "
                + clients.size();
    }

    private static String where(List<String> addresses) {
        return addresses.isEmpty() ? InProcess.NAME : String.join(", ", addresses);
    }

    /** @throws IllegalStateException if the pooler is not running */
    Parts running() {
        Parts known = parts;
        if (known == null) {
            throw new IllegalStateException("the pooler is not running");
        }
        return known;
    }

    /** Ends everything, a start that waits among it; idempotent. An event loop, which ends with it, only begins that. */
    public void close() {
        firstAnswers.cancel();
        if (isEventLoop()) {
            gracefulEnd.begin(AdminControl.Shutdown.IMMEDIATE);
        } else {
            end();
        }
    }

    private synchronized void end() {
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
        entrance.shut();
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
        LoopsEnd.await(known.loops(), entrance, TimeUnit.SECONDS.toNanos(CLOSE_SECONDS));
        known.workers().end();
        entrance.close();
        tls.close();
        LogLine.info(LOGGER, "pooler closed")
                .with("name", config.instance().name())
                .write();
        closed.complete(null);
    }
}
