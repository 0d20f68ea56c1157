package dev.pgpool.core.internal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.internal.transport.ChannelMove;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of a connection without a socket, on the event loops of each transport. */
@ParameterizedClass(name = "{0}")
@MethodSource("transports")
class EntranceTest {
    private static final int MEGABYTE = 1 << 20;

    private final EventLoopGroup loops;
    private final Entrance entrance = new Entrance();
    private final BlockingQueue<Channel> channels = new LinkedBlockingQueue<>();

    EntranceTest(Transport transport) {
        this.loops = transport.loops(2, new DefaultThreadFactory("entrance", true));
        entrance.open(loops, new Echo());
    }

    static Stream<Transport> transports() {
        return Epoll.isAvailable() ? Stream.of(Transport.NIO, Transport.EPOLL) : Stream.of(Transport.NIO);
    }

    @AfterEach
    void end() {
        if (loops.isShuttingDown()) {
            return;
        }
        entrance.shut();
        loops.forEach(loop -> loop.execute(() -> entrance.closeAllOf((EventLoop) loop)));
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        entrance.close();
    }

    /** Sends everything back, as the pooler does: stops reading when the other side does. */
    @Sharable
    private final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            channels.add(ctx.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            ctx.write(bytes, ctx.voidPromise());
            if (!ctx.channel().isWritable()) {
                ctx.channel().config().setAutoRead(false);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        }

        /** The other side may be gone before everything is sent. */
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            ctx.close();
        }
    }

    private Socket connect() throws IOException {
        return entrance.connect(null);
    }

    private Channel channel() throws InterruptedException {
        Channel channel = channels.poll(10, TimeUnit.SECONDS);
        assertThat(channel).isNotNull();
        return channel;
    }

    private static String read(Socket socket, int length) throws IOException {
        return new String(socket.getInputStream().readNBytes(length), StandardCharsets.US_ASCII);
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static CompletableFuture<Void> later(IoTask task) {
        return CompletableFuture.runAsync(() -> {
            try {
                task.run();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private interface IoTask {
        void run() throws IOException;
    }

    @Test
    void everyByteComesBackInOrder() throws Exception {
        byte[] sent = new byte[16 * MEGABYTE];
        new Random(1).nextBytes(sent);
        byte[] received = new byte[sent.length];
        try (Socket socket = connect()) {
            CompletableFuture<Void> writing = later(() -> {
                Random sizes = new Random(2);
                for (int at = 0; at < sent.length; ) {
                    int length = Math.min(sizes.nextInt(1 + (1 << sizes.nextInt(18))), sent.length - at);
                    socket.getOutputStream().write(sent, at, length);
                    at += length;
                }
            });
            Random sizes = new Random(3);
            InputStream in = socket.getInputStream();
            for (int at = 0; at < received.length; ) {
                int wanted = Math.min(1 + sizes.nextInt(1 << sizes.nextInt(18)), received.length - at);
                int got = in.read(received, at, wanted);
                assertThat(got).isPositive();
                at += got;
            }
            writing.orTimeout(30, TimeUnit.SECONDS).join();
        }
        assertThat(Arrays.equals(received, sent)).isTrue();
    }

    @Test
    void aWriterWaitsForAReaderThatDoesNotRead() throws Exception {
        try (Socket socket = connect()) {
            byte[] chunk = new byte[8_192];
            long[] written = {0};
            CompletableFuture<Void> writing = later(() -> {
                while (true) {
                    socket.getOutputStream().write(chunk);
                    written[0] += chunk.length;
                }
            });
            Channel channel = channel();
            await().atMost(Wire.PATIENCE).until(() -> !channel.isWritable());
            // it stands still: what fits into the queues and Netty's own has gone in
            await().during(java.time.Duration.ofMillis(200))
                    .atMost(Wire.PATIENCE)
                    .until(() -> written[0] < MEGABYTE);
            socket.close();
            assertThatThrownBy(() -> writing.orTimeout(10, TimeUnit.SECONDS).join())
                    .hasRootCauseInstanceOf(SocketException.class)
                    .hasRootCauseMessage("Socket closed");
        }
    }

    @Test
    void aChannelGoesToAnotherEventLoopAndBack() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "a");
            assertThat(read(socket, 1)).isEqualTo("a");
            Channel channel = channel();
            for (int i = 0; i < 1_000; i++) {
                EventLoop target = loops.next();
                CompletableFuture<Boolean> moved = new CompletableFuture<>();
                channel.eventLoop().execute(() -> {
                    if (channel.eventLoop() == target) {
                        moved.complete(true);
                    } else {
                        ChannelMove.start(channel, target, moved::complete);
                    }
                });
                // arrives before, while or after it moves
                write(socket, "b" + i % 10);
                assertThat(moved.get(10, TimeUnit.SECONDS)).isTrue();
                assertThat(read(socket, 2)).isEqualTo("b" + i % 10);
            }
        }
    }

    @Test
    void whatWasWrittenBeforeACloseIsDelivered() throws Exception {
        Socket socket = connect();
        StringBuilder seen = new StringBuilder();
        Channel channel = channel();
        CompletableFuture<Void> added = new CompletableFuture<>();
        channel.eventLoop().execute(() -> {
            channel.config().setAutoRead(false);
            channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ByteBuf bytes = (ByteBuf) message;
                    seen.append(bytes.toString(StandardCharsets.US_ASCII));
                    bytes.release();
                }
            });
            added.complete(null);
        });
        added.get(10, TimeUnit.SECONDS);
        write(socket, "last words");
        socket.close();
        assertThat(channel.closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(seen).hasToString("last words");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "last words"})
    void anOutputThatIsShutWhileThePoolerReadsNothingEndsWhenItReads(String last) throws Exception {
        try (Socket socket = connect()) {
            Channel channel = channel();
            EventLoop loop = channel.eventLoop();
            loop.submit(() -> channel.config().setAutoRead(false)).get(10, TimeUnit.SECONDS);
            write(socket, last);
            socket.shutdownOutput();
            // the event loop has looked by then
            loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
            assertThat(channel.isOpen()).isTrue();
            loop.execute(() -> channel.config().setAutoRead(true));
            assertThat(channel.closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(read(socket, last.length())).isEqualTo(last);
        }
    }

    @Test
    void whatThePoolerWroteBeforeItsCloseIsRead() throws Exception {
        try (Socket socket = connect()) {
            Channel channel = channel();
            channel.writeAndFlush(Unpooled.copiedBuffer("goodbye", StandardCharsets.US_ASCII))
                    .addListener(sent -> channel.close());
            assertThat(channel.closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
            write(socket, "is not heard");
            assertThat(read(socket, 100)).isEqualTo("goodbye");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            assertThatThrownBy(() -> write(socket, "x"))
                    .isInstanceOf(SocketException.class)
                    .hasMessage("Broken pipe");
        }
    }

    @Test
    void aTimeoutLeavesTheConnectionAsItWas() throws Exception {
        try (Socket socket = connect()) {
            socket.setSoTimeout(20);
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            write(socket, "on");
            socket.setSoTimeout(0);
            assertThat(read(socket, 2)).isEqualTo("on");
        }
    }

    @Test
    void anInterruptedReaderClosesTheConnectionAndKeepsItsFlag() throws Exception {
        Socket socket = connect();
        CompletableFuture<String> end = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                end.complete("read " + socket.getInputStream().read());
            } catch (IOException e) {
                end.complete(e.getMessage() + " " + Thread.currentThread().isInterrupted());
            }
        });
        reader.start();
        await().atMost(Wire.PATIENCE).until(() -> reader.getState() == Thread.State.WAITING);
        reader.interrupt();
        assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo("Closed by interrupt true");
        assertThat(socket.isClosed()).isTrue();
        assertThat(channel().closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aFlagFromBeforeCostsNoProcessor() throws Exception {
        try (Socket socket = connect()) {
            Channel channel = channel();
            Thread.currentThread().interrupt();
            channel.eventLoop().execute(() -> channel.config().setAutoRead(false));
            write(socket, "x");
            channel.eventLoop().schedule(() -> channel.config().setAutoRead(true), 300, TimeUnit.MILLISECONDS);
            long before = processorNanos();
            assertThat(read(socket, 1)).isEqualTo("x");
            assertThat(processorNanos() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(150));
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void anInterruptBetweenTwoWritesOfARequestEndsIt() throws Exception {
        Socket socket = connect();
        Channel channel = channel();
        channel.config().setAutoRead(false);
        CompletableFuture<Void> writing = later(() -> {
            write(socket, "begun");
            Thread.currentThread().interrupt();
            try {
                while (true) {
                    socket.getOutputStream().write(new byte[8_192]);
                }
            } finally {
                assertThat(Thread.interrupted()).isTrue();
            }
        });
        assertThatThrownBy(() -> writing.orTimeout(10, TimeUnit.SECONDS).join())
                .hasRootCauseInstanceOf(SocketException.class)
                .hasRootCauseMessage("Closed by interrupt");
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void anAnswerEndsARequest() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "one");
            assertThat(read(socket, 3)).isEqualTo("one");
            Thread.currentThread().interrupt();
            write(socket, "two");
            assertThat(read(socket, 3)).isEqualTo("two");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private static long processorNanos() {
        return java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Test
    void anEventLoopMayNotWait() throws Exception {
        Socket socket = connect();
        for (var loop : loops) {
            assertThat(loop.submit(() -> {
                                try {
                                    return "read " + socket.getInputStream().read();
                                } catch (IOException e) {
                                    return e.getClass().getSimpleName();
                                }
                            })
                            .get(10, TimeUnit.SECONDS))
                    .isEqualTo("EventLoopException");
        }
        socket.close();
    }

    @Test
    void anEventLoopMayNotWaitWhenThePoolerEndsEither() throws Exception {
        Socket socket = connect();
        channel();
        entrance.shut();
        for (var loop : loops) {
            assertThat(loop.submit(() -> {
                                socket.setSoTimeout(2_000);
                                try {
                                    return "read " + socket.getInputStream().read();
                                } catch (IOException e) {
                                    return e.getClass().getSimpleName();
                                }
                            })
                            .get(10, TimeUnit.SECONDS))
                    .isEqualTo("EventLoopException");
        }
        socket.close();
    }

    @Test
    void threadsThatWaitWhenTheLoopsEndAreWoken() throws Exception {
        List<Socket> sockets = List.of(connect(), connect(), connect());
        List<CompletableFuture<Integer>> ends = sockets.stream()
                .map(socket -> CompletableFuture.supplyAsync(() -> {
                    try {
                        return socket.getInputStream().read();
                    } catch (IOException e) {
                        return -2;
                    }
                }))
                .toList();
        end();
        for (CompletableFuture<Integer> end : ends) {
            assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo(-1);
        }
        assertThatThrownBy(this::connect).hasMessage("the pooler is not running");
    }
}
