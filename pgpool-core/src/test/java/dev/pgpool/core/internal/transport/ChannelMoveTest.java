package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A connection wanders between event loops with traffic between the moves: nothing is lost, on no transport. */
class ChannelMoveTest {

    private static final int MOVES = 5_000;

    static Set<Transport> transports() {
        return new LinkedHashSet<>(List.of(Transport.NIO, Transport.best()));
    }

    @ParameterizedTest
    @MethodSource("transports")
    @Timeout(60)
    void fiveThousandMovesLoseNothing(Transport transport) throws Exception {
        MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(3, transport.ioHandlers());
        try {
            InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
            Channel listener = new ServerBootstrap()
                    .group(loops)
                    .channelFactory(transport.listenerFor(any))
                    .childHandler(new Echo())
                    .bind(any)
                    .sync()
                    .channel();
            Answers answers = new Answers();
            Channel channel = new Bootstrap()
                    .group(loops)
                    .channelFactory(transport.channelFor(any))
                    .handler(answers)
                    .connect(listener.localAddress())
                    .sync()
                    .channel();
            List<EventLoop> targets = new ArrayList<>();
            loops.forEach(loop -> targets.add((EventLoop) loop));

            for (int i = 0; i < MOVES; i++) {
                EventLoop target = targets.get(i % targets.size());
                boolean early = i % 2 == 0;
                if (early) {
                    // the answer may arrive before, while or after the channel moves
                    channel.writeAndFlush(channel.alloc().buffer(4).writeInt(i)).sync();
                }
                assertThat(move(channel, target)).as("move %d", i).isTrue();
                assertThat(channel.eventLoop()).isSameAs(target);
                if (!early) {
                    channel.writeAndFlush(channel.alloc().buffer(4).writeInt(i)).sync();
                }
                assertThat(answers.queue.poll(20, TimeUnit.SECONDS))
                        .as("answer %d", i)
                        .isEqualTo(i);
            }
            channel.close().sync();
            listener.close().sync();
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
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

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            queue.add(bytes.readInt());
            bytes.release();
        }
    }
}
