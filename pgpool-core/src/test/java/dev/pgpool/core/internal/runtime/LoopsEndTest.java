package dev.pgpool.core.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.internal.embedded.Entrance;
import dev.pgpool.core.internal.transport.ChannelMove;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Channels that move while a pooler ends. */
@Timeout(60)
class LoopsEndTest {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final List<EventLoopGroup> groups = new ArrayList<>();
    private final Channel channel = new NioSocketChannel();

    @AfterEach
    void end() {
        groups.forEach(group -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly());
    }

    private EventLoopGroup loops(int count) {
        EventLoopGroup group = Transport.NIO.loops(count, new DefaultThreadFactory("test"));
        groups.add(group);
        return group;
    }

    private CompletableFuture<Boolean> move(EventLoop target) {
        CompletableFuture<Boolean> moved = new CompletableFuture<>();
        channel.eventLoop().execute(() -> ChannelMove.start(channel, target, moved::complete));
        return moved.orTimeout(20, TimeUnit.SECONDS);
    }

    @Test
    void aChannelThatIsToMoveArrivesBeforeTheLoopsEnd() {
        EventLoopGroup loops = loops(2);
        loops.register(channel).syncUninterruptibly();
        EventLoop from = channel.eventLoop();
        EventLoop next = loops.next();
        EventLoop to = next == from ? loops.next() : next;
        CountDownLatch busy = new CountDownLatch(1);
        from.execute(() -> {
            try {
                busy.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        CompletableFuture<Boolean> moved = move(to);
        CompletableFuture<Void> ended =
                CompletableFuture.runAsync(() -> LoopsEnd.await(loops, new Entrance(), PATIENCE_NANOS));
        try {
            assertThat(to.terminationFuture().awaitUninterruptibly(200))
                    .as("ended")
                    .isFalse();
        } finally {
            busy.countDown();
        }

        assertThat(moved.join()).isTrue();
        ended.join();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aMoveToALoopThatHasEndedFailsInSilence() {
        loops(1).register(channel).syncUninterruptibly();
        EventLoopGroup ended = loops(1);
        EventLoop to = ended.next();
        ended.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();

        try (LogCapture log = LogCapture.warningsOf("io.netty")) {
            assertThat(move(to).join()).isFalse();
            assertThat(channel.isOpen()).isFalse();
            assertThat(log.lines()).isEmpty();
        }
    }

    @Test
    void ofATaskForAChannelThatIsClosedTheCallerHears() throws Exception {
        EventLoopGroup loop = loops(1);
        loop.register(channel).syncUninterruptibly();
        channel.close().syncUninterruptibly();
        // it leaves its loop behind the close
        loop.next().submit(() -> {}).sync();

        assertThat(whatBecomesOfATask()).isEqualTo("gone");
    }

    @Test
    void ofATaskForAChannelWhoseLoopHasEndedTheCallerHears() throws Exception {
        EventLoopGroup loop = loops(1);
        loop.register(channel).syncUninterruptibly();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();

        assertThat(whatBecomesOfATask()).isEqualTo("gone");
    }

    private String whatBecomesOfATask() throws Exception {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        ChannelMove.whereItIs(channel, () -> outcome.complete("run"), () -> outcome.complete("gone"));
        return outcome.get(10, TimeUnit.SECONDS);
    }
}
