package dev.pgpool.core.internal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What can be asked of a socket beside to read and to write. */
class CallerSocketTest {
    private static final int MEGABYTE = 1 << 20;

    private final EventLoopGroup loops = Transport.NIO.loops(1, new DefaultThreadFactory("caller-socket", true));
    private final Entrance entrance = new Entrance();
    private final BlockingQueue<Channel> channels = new LinkedBlockingQueue<>();

    CallerSocketTest() {
        entrance.open(loops, new Echo());
    }

    @AfterEach
    void end() {
        entrance.shut();
        loops.forEach(loop -> loop.execute(() -> entrance.closeAllOf((EventLoop) loop)));
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        entrance.close();
    }

    /** Sends everything back, and reads no more than can be sent. */
    @Sharable
    private final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            channels.add(ctx.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            ctx.writeAndFlush(bytes, ctx.voidPromise());
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
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

    @Test
    void aReaderIsWokenWhenTheInputIsShut() throws Exception {
        try (Socket socket = connect()) {
            CompletableFuture<Integer> end = new CompletableFuture<>();
            Thread reader = new Thread(() -> {
                try {
                    end.complete(socket.getInputStream().read());
                } catch (IOException e) {
                    end.completeExceptionally(e);
                }
            });
            reader.start();
            await().atMost(Wire.PATIENCE).until(() -> reader.getState() == Thread.State.WAITING);
            socket.shutdownInput();
            assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo(-1);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            assertThat(socket.getInputStream().available()).isZero();
        }
    }

    @Test
    void whatComesAfterTheInputIsShutIsDropped() throws Exception {
        try (Socket socket = connect()) {
            Channel channel = channel();
            write(socket, "echo");
            socket.shutdownInput();
            byte[] sent = new byte[MEGABYTE];
            CompletableFuture.runAsync(() -> {
                        try {
                            socket.getOutputStream().write(sent);
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    })
                    .get(10, TimeUnit.SECONDS);
            await().atMost(Wire.PATIENCE).until(channel::isWritable);
        }
    }

    @Test
    void whatIsWrittenBeforeTheOutputIsShutIsDelivered() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "last");
            socket.shutdownOutput();
            assertThat(socket.isOutputShutdown()).isTrue();
            assertThatThrownBy(() -> write(socket, "x")).isInstanceOf(SocketException.class);
            assertThat(read(socket, 4)).isEqualTo("last");
        }
    }

    /** Netty tells that there is room again while it is still sending, and sends nothing that is written then. */
    @Test
    void whatIsWrittenWhenThereIsRoomAgainIsSent() throws Exception {
        int piece = 100_000;
        int pieces = 50;
        Entrance talking = new Entrance();
        talking.open(loops, new Talker(piece, pieces));
        try (Socket socket = talking.connect(null)) {
            socket.setSoTimeout(10_000);
            write(socket, "talk");
            assertThat(socket.getInputStream().readNBytes(piece * pieces)).hasSize(piece * pieces);
        } finally {
            talking.close();
        }
    }

    /** Says something whenever it can. */
    @Sharable
    private static final class Talker extends ChannelInboundHandlerAdapter {
        private final int piece;
        private int left;

        Talker(int piece, int pieces) {
            this.piece = piece;
            this.left = pieces;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            ReferenceCountUtil.release(bytes);
            talk(ctx);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            talk(ctx);
        }

        private void talk(ChannelHandlerContext ctx) {
            while (left > 0 && ctx.channel().isWritable()) {
                left--;
                ctx.writeAndFlush(ctx.alloc().buffer().writeZero(piece), ctx.voidPromise());
            }
        }
    }

    /** What the event loop wanted meanwhile is done, though the thread does not end what it does. */
    @Test
    void aThreadThatWaitsForItsTurnHoldsNothingUp() throws Exception {
        try (Socket socket = connect()) {
            InProcessChannel channel = (InProcessChannel) channel();
            Crossing crossing = channel.crossing();
            write(socket, "first");
            assertThat(read(socket, 5)).isEqualTo("first");
            crossing.enter();
            try {
                write(socket, "echo");
                channel.eventLoop().submit((Runnable) channel).get(10, TimeUnit.SECONDS);
                assertThat(crossing.toPooler().hasNews()).isTrue();
                long left = TimeUnit.SECONDS.toNanos(10);
                while (crossing.toPooler().hasNews() && left > 0) {
                    left = crossing.awaitTurn(left);
                }
                assertThat(crossing.toPooler().hasNews()).isFalse();
            } finally {
                crossing.leave();
            }
            assertThat(read(socket, 4)).isEqualTo("echo");
        }
    }

    /** As a driver sets them that was told to. */
    @Test
    void whatIsSaidOfTcpMeansNothing() throws Exception {
        try (Socket socket = connect()) {
            socket.bind(new InetSocketAddress("127.0.0.1", 0));
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            socket.setOption(StandardSocketOptions.SO_RCVBUF, 1_000);
            socket.setReuseAddress(true);
            socket.setSoLinger(true, 1);
            write(socket, "on");
            assertThat(read(socket, 2)).isEqualTo("on");
        }
    }

    /** A thread that is next for the lock may be a virtual one that no carrier is left for. */
    @Test
    void theEndOfAConnectionWaitsForNoCarrier() throws Exception {
        ThreadFactory virtual = virtualThreads();
        if (virtual == null) {
            return;
        }
        Socket socket = connect();
        InProcessChannel channel = (InProcessChannel) channel();
        Crossing crossing = channel.crossing();
        AtomicBoolean over = new AtomicBoolean();
        crossing.enter();
        boolean entered = true;
        try {
            Thread next = virtual.newThread(() -> {
                crossing.enter();
                crossing.leave();
            });
            next.start();
            await().atMost(Wire.PATIENCE).until(() -> next.getState() == Thread.State.WAITING);
            int carriers = Runtime.getRuntime().availableProcessors();
            CountDownLatch busy = new CountDownLatch(carriers);
            for (int i = 0; i < carriers; i++) {
                virtual.newThread(() -> {
                            busy.countDown();
                            while (!over.get()) {
                                Thread.onSpinWait();
                            }
                        })
                        .start();
            }
            assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
            var closed = channel.close();
            // the event loop comes to the lock while it is held, or later, when it is free: either is right
            assertThat(closed.await(300, TimeUnit.MILLISECONDS)).isFalse();
            entered = false;
            crossing.leave();
            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            over.set(true);
            if (entered) {
                crossing.leave();
            }
        }
        socket.close();
    }

    /** Null before Java 21. */
    private static @Nullable ThreadFactory virtualThreads() {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return (ThreadFactory) Class.forName("java.lang.Thread$Builder")
                    .getMethod("factory")
                    .invoke(builder);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
