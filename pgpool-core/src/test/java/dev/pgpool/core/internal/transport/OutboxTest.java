package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutboxTest {

    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final Outbox outbox = new Outbox();

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    private String sent() {
        StringBuilder sent = new StringBuilder();
        for (ByteBuf buf = channel.readOutbound(); buf != null; buf = channel.readOutbound()) {
            sent.append(buf.toString(StandardCharsets.UTF_8)).append('|');
            buf.release();
        }
        return sent.toString();
    }

    @Test
    void smallPiecesLeaveAsOneBufferAndNotBeforeTheFlush() {
        outbox.connect(channel.pipeline().lastContext());
        outbox.space().writeByte('a');
        outbox.run(text("b"));
        outbox.space().writeByte('c');
        assertThat(sent()).isEmpty();

        outbox.flush();

        assertThat(sent()).isEqualTo("abc|");
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void largeRunPassesThroughUncopiedAndInOrder() {
        outbox.connect(channel.pipeline().lastContext());
        outbox.space().writeByte('a');
        ByteBuf large = Unpooled.buffer().writeZero(5_000);
        outbox.run(large);
        outbox.space().writeByte('c');
        outbox.flush();

        ByteBuf first = channel.readOutbound();
        ByteBuf second = channel.readOutbound();
        ByteBuf third = channel.readOutbound();
        assertThat(first.toString(StandardCharsets.UTF_8)).isEqualTo("a");
        assertThat(second).isSameAs(large);
        assertThat(third.toString(StandardCharsets.UTF_8)).isEqualTo("c");
        first.release();
        second.release();
        third.release();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void anyMixIsSentInOrder() {
        outbox.connect(channel.pipeline().lastContext());
        Random random = new Random(5);
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 2_000; i++) {
            String piece = Integer.toString(i).repeat(1 + random.nextInt(random.nextInt(8) == 0 ? 900 : 10));
            expected.append(piece);
            if (random.nextBoolean()) {
                outbox.run(text(piece));
            } else {
                outbox.space().writeCharSequence(piece, StandardCharsets.UTF_8);
            }
            if (random.nextInt(5) == 0) {
                outbox.flush();
            }
        }
        outbox.flush();
        assertThat(sent().replace("|", "")).isEqualTo(expected.toString());
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void withoutAConnectionRunsAreReleasedAndSpaceIsRefused() {
        ByteBuf run = text("x");
        outbox.run(run);

        assertThat(run.refCnt()).isZero();
        assertThat(outbox.isConnected()).isFalse();
        assertThat(outbox.isWritable()).isTrue();
        assertThatThrownBy(outbox::space).isInstanceOf(IllegalStateException.class);
        outbox.flush();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void disconnectingDropsWhatWasNotPassedOn() {
        outbox.connect(channel.pipeline().lastContext());
        outbox.space().writeByte('a');

        outbox.connect(null);
        outbox.flush();

        assertThat(sent()).isEmpty();
        assertThat(channel.finish()).isFalse();
    }
}
