package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AdminConfig;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.ClientsConfig;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.DnsConfig;
import dev.pgpool.core.config.InstanceConfig;
import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TcpConfig;
import dev.pgpool.core.config.TlsConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.internal.admin.AdminConsole;
import dev.pgpool.core.internal.admin.AdminControl;
import dev.pgpool.core.internal.admin.TrafficHistory;
import dev.pgpool.core.internal.cancel.CancelGate;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.pool.LaneAccess;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.pool.PoolServices;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.secrets.AuthQueries;
import dev.pgpool.core.internal.secrets.Secrets;
import dev.pgpool.core.internal.server.LoggedIn;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Real sessions, a real lane and real server connections over embedded channels, with {@link FakePostgres} at the far
 * end: the pooler without sockets and threads. Nothing moves unless the test moves it.
 */
public class Rig implements AutoCloseable {

    /** One end of the pooler. */
    abstract class End {
        final LoopChannel channel = new LoopChannel(clock.eventLoop());
        private byte[] pending = new byte[0];

        /** Puts bytes on the way to the pooler. */
        void send(byte[]... messages) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(pending);
            for (byte[] message : messages) {
                out.writeBytes(message);
            }
            pending = out.toByteArray();
        }

        boolean canDeliver() {
            return pending.length > 0 && channel.isOpen() && channel.config().isAutoRead();
        }

        int pendingBytes() {
            return pending.length;
        }

        /** Gives the pooler up to that many of the bytes on the way, as one read. */
        void deliver(int most) {
            int count = Math.min(most, pending.length);
            ByteBuf read = channel.alloc().buffer(count).writeBytes(pending, 0, count);
            pending = Arrays.copyOfRange(pending, count, pending.length);
            channel.writeInbound(read);
            runTasks();
        }

        /** What the pooler has sent. */
        byte[] take() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (ByteBuf buf = channel.readOutbound(); buf != null; buf = channel.readOutbound()) {
                byte[] bytes = new byte[buf.readableBytes()];
                buf.readBytes(bytes);
                buf.release();
                out.writeBytes(bytes);
            }
            return out.toByteArray();
        }

        /** The peer vanishes. */
        void vanish() {
            pending = new byte[0];
            channel.close();
            runTasks();
        }

        boolean isOpen() {
            return channel.isOpen();
        }
    }

    /** A client's end. */
    final class Client extends End {
        final ClientConnection connection = new ClientConnection(() -> services, deadlines);
        final ClientSession session = connection.session();
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();

        void collect() {
            received.writeBytes(take());
        }

        /** Everything received since the last call. */
        byte[] received() {
            collect();
            byte[] bytes = received.toByteArray();
            received.reset();
            return bytes;
        }

        /** Sends, lets everything come to rest, and gives what has come back as text. */
        List<String> say(byte[]... messages) {
            send(messages);
            settle();
            return lines(received());
        }
    }

    /** A server's end. */
    final class Server extends End {
        final FakePostgres postgres = new FakePostgres();
        final ServerConnection connection;
        boolean answering = true;

        Server(ServerLane lane, ServerPool pool) {
            connection = LoggedIn.begin(
                    channel,
                    pool.parameters(),
                    maxStatements,
                    LaneAccess.home(lane, closeReasons::add),
                    ready -> LaneAccess.connected(pool, lane, ready));
            send(postgres.greeting());
        }

        void collect() {
            postgres.receive(take());
        }

        /** Lets it deal with one message. */
        boolean step() {
            boolean done = postgres.step();
            send(postgres.takeAnswers());
            if (postgres.isTerminated() && channel.isOpen()) {
                vanish();
            }
            return done;
        }
    }

    /** Shares one event loop with all others. */
    static final class LoopChannel extends EmbeddedChannel {
        private final @Nullable EventLoop shared;

        LoopChannel(@Nullable EventLoop shared) {
            this.shared = shared;
        }

        @Override
        public EventLoop eventLoop() {
            return shared == null ? super.eventLoop() : shared;
        }
    }

    private final LoopChannel clock;
    private final ClientServices services;
    private final ClientDeadlines deadlines = new ClientDeadlines(TimeUnit.SECONDS.toNanos(60));
    private final PoolRegistry pools;
    private final int maxServers;
    private final int maxStatements;
    final List<Client> clients = new ArrayList<>();
    final List<Server> servers = new ArrayList<>();
    /** Why servers were closed. */
    final List<CloseReason> closeReasons = new ArrayList<>();

    private boolean closing;
    private int connectsAsked;
    private @Nullable ServerPool pool;
    private @Nullable ServerLane lane;

    public Rig(int maxServers, int maxStatements) {
        this(maxServers, maxStatements, ClientAuthentication.TRUST, db -> {});
    }

    Rig(int maxServers, int maxStatements, ClientAuthentication authentication, Consumer<DatabaseBuilder> more) {
        this.maxServers = maxServers;
        this.maxStatements = maxStatements;
        clock = new LoopChannel(null);
        clock.freezeTime();
        EventLoop loop = clock.eventLoop();
        DatabaseBuilder app = new DatabaseBuilder("app")
                .host("127.0.0.1")
                .maxConnections(maxServers)
                .maxParallelConnects(maxServers)
                .maxPreparedStatements(maxStatements)
                .abandonTimeout(Duration.ofSeconds(5));
        more.accept(app);
        DatabaseConfig database = app.build();
        PgPoolConfig config = new PgPoolConfig(
                InstanceConfig.DEFAULT,
                new ListenConfig(
                        "127.0.0.1",
                        0,
                        Optional.empty(),
                        "0777",
                        Optional.empty(),
                        16,
                        false,
                        100_000,
                        Duration.ofSeconds(60),
                        TlsConfig.CLIENTS),
                ClientsConfig.DEFAULT,
                Map.of("app", database),
                Map.of(),
                PoolMode.TRANSACTION,
                new AuthConfig(
                        authentication,
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        new Credentials(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        false),
                DnsConfig.DEFAULT,
                AdminConfig.NOBODY,
                PeersConfig.NONE,
                TcpConfig.DEFAULT,
                Optional.empty(),
                1);
        TlsContexts tls = new TlsContexts(config);
        ServerConnector connector = new ServerConnector(Transport.NIO, new SecureRandom(), Runnable::run);
        HostResolver resolver = new HostResolver(Transport.NIO, Runnable::run);
        pools = new PoolRegistry(
                new PoolServices(
                        List.of(loop),
                        List.of(new LoopTicker(loop)),
                        connector,
                        new CancelSender(Transport.NIO, Runnable::run, new CancelGate(), connector::tcp),
                        resolver,
                        new ServerCredentials(),
                        PgPoolListener.NONE,
                        tls),
                config);
        services = new ClientServices(
                config,
                new ClientRegistry(100_000, 0),
                pools,
                Runnable::run,
                new SecureRandom(),
                PgPoolListener.NONE,
                tls,
                new LoginServices(
                        new Secrets(
                                config.auth().credentials(),
                                AuthQueries.create(
                                        config,
                                        null,
                                        List.of(),
                                        List.of(),
                                        PgPoolListener.NONE,
                                        connector,
                                        resolver,
                                        tls)),
                        null,
                        Runnable::run,
                        Runnable::run),
                new PeerCancels(PeersConfig.NONE, Transport.NIO, resolver, new CancelGate(), connector::tcp),
                new AdminConsole(NO_CONTROL, new TrafficHistory(0)));
    }

    /** The console is not used. */
    private static final AdminControl NO_CONTROL = (AdminControl) Proxy.newProxyInstance(
            Rig.class.getClassLoader(), new Class<?>[] {AdminControl.class}, (proxy, method, arguments) -> {
                throw new UnsupportedOperationException(method.getName());
            });

    /** The clients' secrets. */
    private static final class Credentials implements CredentialStore {
        @Override
        public CompletionStage<Optional<Credential>> find(String database, String user) {
            return CompletableFuture.completedFuture(Optional.of(Credential.parse(user, "secret")));
        }
    }

    /** A lane that wants to connect asks for the secret first: it waits for ever, and the rig makes the server instead. */
    private final class ServerCredentials implements CredentialStore {
        @Override
        public CompletionStage<Optional<Credential>> find(String database, String user) {
            connectsAsked++;
            return new CompletableFuture<>();
        }
    }

    /** A client connects. */
    Client connect() {
        Client client = new Client();
        clients.add(client);
        client.channel.pipeline().addLast(client.connection);
        client.connection.channelActive(client.channel.pipeline().lastContext());
        return client;
    }

    /** A client connects and logs in. */
    Client login(String... settings) {
        Client client = connect();
        String[] all = new String[settings.length + 4];
        System.arraycopy(new String[] {"user", "app", "database", "app"}, 0, all, 0, 4);
        System.arraycopy(settings, 0, all, 4, settings.length);
        client.send(Frontend.startup(Frontend.PROTOCOL_3_0, all));
        settle();
        String last = lines(client.received()).stream().reduce((a, b) -> b).orElse("nothing");
        if (!last.equals("ReadyForQuery I")) {
            throw new AssertionError("login ended in: " + last);
        }
        return client;
    }

    /** Makes the servers that the lane asks for. */
    void serveConnects() {
        while (connectsAsked > 0 && !closing) {
            connectsAsked--;
            ServerPool known = pool();
            Server server = new Server(lane(), known);
            servers.add(server);
        }
    }

    ServerPool pool() {
        ServerPool known = pool;
        if (known == null) {
            // the same one that clients enter
            known = pools.enter(services.config().database("app").orElseThrow(), "app", "app");
            pool = known;
            lane = known.laneFor(clock.eventLoop());
        }
        return known;
    }

    ServerLane lane() {
        pool();
        ServerLane known = lane;
        if (known == null) {
            throw new AssertionError("no lane");
        }
        return known;
    }

    /** Runs what is due on the event loop. */
    void runTasks() {
        clock.runPendingTasks();
        serveConnects();
    }

    /** Time passes for timers. */
    void advance(Duration by) {
        clock.advanceTimeBy(by.toNanos(), TimeUnit.NANOSECONDS);
        runTasks();
    }

    /** Lets everything that is on the way arrive and be answered. */
    void settle() {
        boolean moved = true;
        while (moved) {
            runTasks();
            moved = false;
            for (End end : ends()) {
                if (end.canDeliver()) {
                    end.deliver(Integer.MAX_VALUE);
                    moved = true;
                }
            }
            for (Server server : List.copyOf(servers)) {
                server.collect();
                while (server.answering && server.step()) {
                    moved = true;
                }
                moved |= server.canDeliver();
            }
        }
        clients.forEach(Client::collect);
    }

    /** What clients have received and the test has not looked at yet, as text. */
    List<String> allReceived() {
        List<String> all = new ArrayList<>();
        for (Client client : clients) {
            all.addAll(lines(client.received()));
        }
        return all;
    }

    /** Forgets the ends that are closed. */
    void forgetTheDead() {
        for (List<? extends End> ends : List.of(clients, servers)) {
            ends.removeIf(end -> {
                if (!end.isOpen()) {
                    end.channel.finishAndReleaseAll();
                }
                return !end.isOpen();
            });
        }
    }

    List<End> ends() {
        List<End> ends = new ArrayList<>(clients);
        ends.addAll(servers);
        return ends;
    }

    /** Messages of a server as text, in short. */
    static List<String> lines(byte[] bytes) {
        return Lines.of(bytes);
    }

    static byte[] error(String state, String message) {
        return Backend.error("ERROR", state, message);
    }

    int maxServers() {
        return maxServers;
    }

    /** Ends everything; what is still open afterwards is a leak. */
    @Override
    public void close() {
        clients.forEach(End::vanish);
        settle();
        closing = true;
        servers.forEach(End::vanish);
        for (End end : ends()) {
            end.channel.finishAndReleaseAll();
        }
        runTasks();
        clock.finishAndReleaseAll();
    }
}
