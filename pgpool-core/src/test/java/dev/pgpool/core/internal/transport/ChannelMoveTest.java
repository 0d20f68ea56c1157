package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.LogCapture;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A connection wanders between event loops with traffic between the moves: nothing is lost, on no transport. */
class ChannelMoveTest {

    private static final int MOVES = 5_000;

    /** Bytes between the moves: most of them a few, some of them several TLS records. */
    private static final int LARGE = 40_000;

    private enum Encryption {
        NONE,
        JDK,
        BORINGSSL
    }

    static Stream<Arguments> channels() {
        return new LinkedHashSet<>(List.of(Transport.NIO, TransportChoice.best()))
                .stream()
                        .flatMap(transport -> Arrays.stream(Encryption.values())
                                .map(encryption -> Arguments.of(transport, encryption)));
    }

    @ParameterizedTest
    @MethodSource("channels")
    @Timeout(60)
    void fiveThousandMovesLoseNothing(Transport transport, Encryption encryption) throws Exception {
        X509Bundle certificate = new CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        SslProvider provider = encryption == Encryption.BORINGSSL ? SslProvider.OPENSSL : SslProvider.JDK;
        SslContext server = SslContextBuilder.forServer(
                        certificate.getKeyPair().getPrivate(), certificate.getCertificate())
                .sslProvider(provider)
                .build();
        SslContext client = SslContextBuilder.forClient()
                .sslProvider(provider)
                .trustManager(certificate.getCertificate())
                .endpointIdentificationAlgorithm(null)
                .build();
        ExecutorService handshakes = Executors.newSingleThreadExecutor();
        EventLoopGroup loops = transport.loops(3, new DefaultThreadFactory("test"));
        try {
            InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
            Channel listener = new ServerBootstrap()
                    .group(loops)
                    .channelFactory(transport.listenerFor(any))
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel accepted) {
                            if (encryption != Encryption.NONE) {
                                accepted.pipeline().addLast(server.newHandler(accepted.alloc(), handshakes));
                            }
                            accepted.pipeline().addLast(new Echo());
                        }
                    })
                    .bind(any)
                    .sync()
                    .channel();
            Answers answers = new Answers();
            Channel channel = new Bootstrap()
                    .group(loops)
                    .channelFactory(transport.channelFor(any))
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel made) {
                            if (encryption != Encryption.NONE) {
                                made.pipeline().addLast(client.newHandler(made.alloc(), handshakes));
                            }
                            made.pipeline().addLast(answers);
                        }
                    })
                    .connect(listener.localAddress())
                    .sync()
                    .channel();
            if (encryption != Encryption.NONE) {
                channel.pipeline().get(SslHandler.class).handshakeFuture().sync();
            }
            List<EventLoop> targets = new ArrayList<>();
            loops.forEach(loop -> targets.add((EventLoop) loop));

            for (int i = 0; i < MOVES; i++) {
                EventLoop target = targets.get(i % targets.size());
                boolean early = i % 2 == 0;
                if (early) {
                    // the answer may arrive before, while or after the channel moves
                    channel.writeAndFlush(question(channel, i)).sync();
                }
                assertThat(move(channel, target)).as("move %d", i).isTrue();
                assertThat(channel.eventLoop()).isSameAs(target);
                if (!early) {
                    channel.writeAndFlush(question(channel, i)).sync();
                }
                assertThat(answers.queue.poll(20, TimeUnit.SECONDS))
                        .as("answer %d", i)
                        .isEqualTo(i);
            }
            channel.close().sync();
            listener.close().sync();
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
            handshakes.shutdownNow();
            ReferenceCountUtil.release(server);
            ReferenceCountUtil.release(client);
        }
    }

    static Stream<Transport> transports() {
        return Stream.of(Transport.NIO, TransportChoice.best()).distinct();
    }

    /** Netty deregisters in a turn of its own, and a channel that is closed before is deregistered twice. */
    @ParameterizedTest
    @MethodSource("transports")
    @Timeout(60)
    void aChannelThatClosesOnItsWayStaysOnItsLoop(Transport transport) throws Exception {
        EventLoopGroup loops = transport.loops(2, new DefaultThreadFactory("test"));
        try (LogCapture log = LogCapture.everything()) {
            InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
            Channel listener = new ServerBootstrap()
                    .group(loops)
                    .channelFactory(transport.listenerFor(any))
                    .childHandler(new Echo())
                    .bind(any)
                    .sync()
                    .channel();
            for (int i = 0; i < 20; i++) {
                Channel channel = new Bootstrap()
                        .group(loops)
                        .channelFactory(transport.channelFor(any))
                        .handler(new Echo())
                        .connect(listener.localAddress())
                        .sync()
                        .channel();
                EventLoop before = channel.eventLoop();
                EventLoop target = other(loops, before);
                CompletableFuture<Boolean> moved = new CompletableFuture<>();
                before.execute(() -> {
                    ChannelMove.start(channel, target, moved::complete);
                    channel.close();
                });
                assertThat(moved.orTimeout(20, TimeUnit.SECONDS).join()).isFalse();
                // what Netty has left to do for the channel is done before this
                before.submit(() -> {}).sync();
                target.submit(() -> {}).sync();
                assertThat(channel.eventLoop()).isSameAs(before);
            }
            listener.close().sync();
            assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN") || line.startsWith("ERROR"));
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private static EventLoop other(EventLoopGroup loops, EventLoop loop) {
        for (EventExecutor each : loops) {
            if (each != loop) {
                return (EventLoop) each;
            }
        }
        throw new AssertionError("one loop only");
    }

    /** A number, and behind it as many zeros as it says. */
    private static ByteBuf question(Channel channel, int i) {
        int length = i % 50 == 0 ? LARGE : 0;
        return channel.alloc().buffer().writeInt(i).writeInt(length).writeZero(length);
    }

    private static boolean move(Channel channel, EventLoop target) {
        CompletableFuture<Boolean> moved = new CompletableFuture<>();
        channel.eventLoop()
                .execute(() -> ChannelMove.start(channel, target, success -> {
                    assertThat(target.inEventLoop()).isTrue();
                    moved.complete(success);
                }));
        return moved.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @io.netty.channel.ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    private static final class Answers extends ChannelInboundHandlerAdapter {
        final java.util.concurrent.BlockingQueue<Integer> queue = new java.util.concurrent.LinkedBlockingQueue<>();
        private long head;
        private int headBytes;
        private int left;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            while (bytes.isReadable()) {
                if (left == 0) {
                    head = head << 8 | bytes.readUnsignedByte();
                    if (++headBytes < 2 * Integer.BYTES) {
                        continue;
                    }
                    headBytes = 0;
                    left = (int) head;
                } else {
                    int step = Math.min(left, bytes.readableBytes());
                    bytes.skipBytes(step);
                    left -= step;
                }
                if (left == 0) {
                    queue.add((int) (head >>> Integer.SIZE));
                }
            }
            bytes.release();
        }
    }
}
