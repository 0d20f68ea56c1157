package dev.pgpool.benchmarks;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.internal.cancel.CancelGate;
import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.link.Link;
import dev.pgpool.core.internal.link.LinkedClient;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.PoolRegistry;
import dev.pgpool.core.internal.pool.PoolServices;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerConnector;
import dev.pgpool.core.internal.server.ServerHome;
import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.server.ServerSetup;
import dev.pgpool.core.internal.server.ServerTarget;
import dev.pgpool.core.internal.tls.ServerTls;
import dev.pgpool.core.internal.tls.TlsContexts;
import dev.pgpool.core.internal.transport.Buffers;
import dev.pgpool.core.internal.transport.LoopTicker;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client and a server of the pooler over two channels in memory, with nothing between them but the link: what a
 * transaction costs without the system calls.
 */
final class EmbeddedLink implements LinkedClient, ServerHome, ServerPhase, AutoCloseable {
    /** Larger than any read of the benchmarks. */
    private static final int READ_BYTES = 8_192;

    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final MessageCursor in = new MessageCursor(PoolerError.CLIENT_PROTOCOL_VIOLATION);
    private final Outbox out = new Outbox();
    private final ClientStatements statements = new ClientStatements();
    private final ServerConnection server;
    private final EmbeddedChannel clientChannel;
    private final EmbeddedChannel serverChannel;
    private final ServerLane lane;

    @SuppressWarnings("deprecation") // the type that Netty 4.1 and 4.2 both have
    private final RecvByteBufAllocator.Handle reads = Buffers.reads().newHandle();

    private boolean linked;

    EmbeddedLink() {
        while (reads.guess() < READ_BYTES) {
            // as after a read that left something
            reads.attemptedBytesRead(reads.guess());
            reads.lastBytesRead(reads.guess());
        }
        ServerTarget target = new ServerTarget(
                new HostConfig("127.0.0.1", 1),
                new InetSocketAddress("127.0.0.1", 1),
                Map.of(),
                "bench",
                null,
                ServerSetup.NONE,
                200,
                ServerTls.OFF,
                0);
        server = new ServerConnection(target, this, this, new ParameterRegistry());
        serverChannel = new EmbeddedChannel(server.handler());
        ChannelInboundHandlerAdapter last = new ChannelInboundHandlerAdapter();
        clientChannel = new EmbeddedChannel(last);
        out.connect(clientChannel.pipeline().context(last));
        PgPoolConfig config = PgPool.builder().database("bench", db -> {}).config();
        PoolServices services = new PoolServices(
                List.of(loop),
                List.of(new LoopTicker(loop)),
                new ServerConnector(Transport.NIO, new SecureRandom(), Runnable::run),
                new CancelSender(Transport.NIO, Runnable::run, new CancelGate(), () -> TcpOptions.plain(Transport.NIO)),
                new HostResolver(Transport.NIO, Runnable::run),
                CredentialStore.empty(),
                PgPoolListener.NONE,
                new TlsContexts(config));
        lane = new PoolRegistry(services, config)
                .enter(config.database("bench").orElseThrow(), "bench", "bench")
                .laneFor(loop);
    }

    @Override
    public int id() {
        return 1;
    }

    @Override
    public int processId() {
        return 1;
    }

    @Override
    public void requireSimpleQueries() {
        // all are welcome
    }

    ServerLane lane() {
        return lane;
    }

    ServerConnection server() {
        return server;
    }

    /**
     * A read of the client.
     *
     * @param bytes whole messages; not consumed
     * @return number of bytes that went to the server
     */
    int fromClient(ByteBuf bytes) {
        Link link = Link.of(server, lane);
        if (!linked) {
            linked = true;
            link.begin(this, lane);
        }
        in.feed(read(bytes));
        link.relay(in);
        in.finish(clientChannel.alloc());
        link.flushToServer();
        out.flush();
        return taken(serverChannel);
    }

    /**
     * A read of the server.
     *
     * @param bytes whole messages; not consumed
     * @return number of bytes that went to the client
     */
    int fromServer(ByteBuf bytes) {
        serverChannel.pipeline().fireChannelRead(read(bytes));
        serverChannel.pipeline().fireChannelReadComplete();
        return taken(clientChannel);
    }

    /** As a channel reads. */
    private ByteBuf read(ByteBuf bytes) {
        return reads.allocate(Buffers.allocator()).writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    }

    /** Whether the server has not been given back yet. */
    boolean isLinked() {
        return linked;
    }

    private static int taken(EmbeddedChannel channel) {
        int size = 0;
        for (ByteBuf sent = channel.readOutbound(); sent != null; sent = channel.readOutbound()) {
            size += sent.readableBytes();
            sent.release();
        }
        return size;
    }

    @Override
    public void close() {
        serverChannel.finishAndReleaseAll();
        clientChannel.finishAndReleaseAll();
        loop.shutdownGracefully();
    }

    // ---- as the client

    @Override
    public Outbox out() {
        return out;
    }

    @Override
    public MessageCursor in() {
        return in;
    }

    @Override
    public ClientStatements statements() {
        return statements;
    }

    @Override
    public ClientStatements knownStatements() {
        return statements;
    }

    @Override
    public SessionParameters parameters() {
        return server.parameters();
    }

    @Override
    public SessionParameters startupParameters() {
        return server.parameters();
    }

    @Override
    public void parametersBecame(SessionParameters now) {
        // they stay as they are
    }

    @Override
    public void readable(boolean wanted) {
        // what is written is taken at once
    }

    @Override
    public void resume() {
        // whole messages are never left
    }

    @Override
    public void onUnlinked() {
        linked = false;
    }

    @Override
    public void onServerLost(@Nullable ErrorFields error) {
        throw new IllegalStateException("server lost: " + error);
    }

    @Override
    public void onQueryTimeout() {
        throw new IllegalStateException("no timeouts here");
    }

    @Override
    public void onTimeout(ErrorFields error, CloseReason reason) {
        throw new IllegalStateException(error.message());
    }

    @Override
    public void onFarewell() {
        throw new IllegalStateException("unexpected farewell");
    }

    @Override
    public void onTerminate() {
        throw new IllegalStateException("unexpected Terminate");
    }

    // ---- as the server's home and, before the first link, its listener

    @Override
    public void onReleased(ServerConnection released) {
        // it is linked again from here
    }

    @Override
    public void onGone(ServerConnection gone, CloseReason reason) {
        // at the end
    }

    @Override
    public void onMessages(MessageCursor messages) {
        throw new IllegalStateException("nothing was asked");
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        // at the end
    }
}
