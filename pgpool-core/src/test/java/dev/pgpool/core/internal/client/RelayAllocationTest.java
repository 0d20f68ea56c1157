package dev.pgpool.core.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the relay of a message allocates: nothing. Embedded channels allocate by themselves, so the same bytes first go
 * through two channels whose handlers only hand the buffers on.
 */
class RelayAllocationTest {

    private static final int MESSAGES = 10_000;
    private static final int WARM_UP = 5;

    /** For all the messages of a run together: less than one object per ten transactions. */
    private static final long ALLOWED_BYTES = 8_000;

    private static Level before;

    @SuppressWarnings("ImmutableEnumChecker") // the arrays are only read
    enum Kind {
        SIMPLE(
                5,
                Frontend.query("SELECT 1"),
                RigBytes.join(
                        Backend.rowDescription("x"),
                        Backend.dataRow("1"),
                        Backend.commandComplete("SELECT 1"),
                        Backend.readyForQuery('I'))),
        EXTENDED(
                8,
                RigBytes.join(
                        Frontend.parse("", "SELECT 1"),
                        Frontend.bind("", "", List.of()),
                        Frontend.execute("", 0),
                        Frontend.sync()),
                RigBytes.join(
                        Backend.parseComplete(),
                        Backend.bindComplete(),
                        Backend.dataRow("1"),
                        Backend.commandComplete("SELECT 1"),
                        Backend.readyForQuery('I'))),
        NAMED(
                7,
                RigBytes.join(Frontend.bind("", "s1", List.of("7")), Frontend.execute("", 0), Frontend.sync()),
                RigBytes.join(
                        Backend.bindComplete(),
                        Backend.dataRow("1"),
                        Backend.commandComplete("SELECT 1"),
                        Backend.readyForQuery('I')));

        private final int messages;
        private final byte[] request;
        private final byte[] reply;

        Kind(int messages, byte[] request, byte[] reply) {
            this.messages = messages;
            this.request = request;
            this.reply = reply;
        }
    }

    @BeforeAll
    static void noLeakDetection() {
        before = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(Level.DISABLED);
    }

    @AfterAll
    static void leakDetectionAsItWas() {
        ResourceLeakDetector.setLevel(before);
    }

    @ParameterizedTest
    @EnumSource
    void relayAllocatesNothingPerMessage(Kind kind) {
        long bare = bare(kind);

        long relayed = relayed(kind);

        assertThat(relayed - bare)
                .as("bytes for %d messages, %d of the channels themselves taken off", MESSAGES, bare)
                .isLessThan(ALLOWED_BYTES);
    }

    private static long relayed(Kind kind) {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(Frontend.parse("s1", "SELECT $1"), Frontend.sync());
            return leastOf(kind, client.channel, rig.servers.get(0).channel);
        }
    }

    private static long bare(Kind kind) {
        EmbeddedChannel client = new EmbeddedChannel();
        EmbeddedChannel server = new EmbeddedChannel();
        client.pipeline().addLast(new HandOn(server));
        server.pipeline().addLast(new HandOn(client));
        long allocated = leastOf(kind, client, server);
        client.finishAndReleaseAll();
        server.finishAndReleaseAll();
        return allocated;
    }

    /** The compiler and the recyclers come to rest after some rounds: the least is what the code needs. */
    private static long leastOf(Kind kind, EmbeddedChannel client, EmbeddedChannel server) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < WARM_UP + 5; round++) {
            long start = threads.getCurrentThreadAllocatedBytes();
            for (int sent = 0; sent < MESSAGES; sent += kind.messages) {
                pass(client, kind.request, server);
                pass(server, kind.reply, client);
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - start;
            if (round >= WARM_UP) {
                least = Math.min(least, allocated);
            }
        }
        return least;
    }

    private static void pass(EmbeddedChannel from, byte[] bytes, EmbeddedChannel to) {
        from.pipeline().fireChannelRead(from.alloc().directBuffer(bytes.length).writeBytes(bytes));
        from.pipeline().fireChannelReadComplete();
        int arrived = 0;
        for (ByteBuf buf = to.readOutbound(); buf != null; buf = to.readOutbound()) {
            arrived += buf.readableBytes();
            buf.release();
        }
        if (arrived < bytes.length) {
            throw new AssertionError(arrived + " of " + bytes.length + " bytes arrived");
        }
    }

    private static final class HandOn extends ChannelInboundHandlerAdapter {
        private final EmbeddedChannel other;

        HandOn(EmbeddedChannel other) {
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            other.write(message, other.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            other.flush();
        }
    }
}
