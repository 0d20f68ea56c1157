package dev.pgpool.core.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.fixture.Frontend;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageCursorTest {

    private final MessageCursor cursor = new MessageCursor(PoolerError.CLIENT_PROTOCOL_VIOLATION);

    @AfterEach
    void letGo() {
        cursor.close();
    }

    private static ByteBuf bytes(byte[]... messages) {
        return ByteBufAllocator.DEFAULT.buffer().writeBytes(Unpooled.wrappedBuffer(messages));
    }

    @Test
    void neighboursThatAreForwardedAreOneRunAndTheBufferItself() {
        ByteBuf read = bytes(Frontend.query("a"), Frontend.query("b"), Frontend.sync());
        cursor.feed(read);
        int messages = 0;
        while (cursor.next()) {
            cursor.forward();
            messages++;
        }

        ByteBuf run = cursor.takeRun();

        assertThat(messages).isEqualTo(3);
        assertThat(run).isSameAs(read);
        assertThat(cursor.takeRun()).isNull();
        assertThat(cursor.isDrained()).isTrue();
        assertThat(run.release()).isTrue();
    }

    @Test
    void forwardFromLeavesTheHeadBehind() {
        cursor.feed(bytes(Frontend.query("abcdef"), Frontend.sync()));
        assertThat(cursor.next()).isTrue();
        cursor.forwardFrom(cursor.bodyIndex() + 4);
        assertThat(cursor.next()).isTrue();
        cursor.forward();

        ByteBuf run = cursor.takeRun();

        assertThat(run).isEqualTo(Unpooled.wrappedBuffer(new byte[] {'e', 'f', 0, 'S', 0, 0, 0, 4}));
        run.release();
    }

    @Test
    void restOfALongMessageIsPassedOnAsItComesAndNothingIsHeld() {
        byte[] row = Frontend.copyData(new byte[100_000]);
        cursor.feed(bytes(row).writerIndex(50_000));
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.isComplete()).isFalse();
        cursor.forward();
        assertThat(cursor.isInsideForwarded()).isTrue();
        cursor.takeRun().release();
        cursor.finish(ByteBufAllocator.DEFAULT);
        assertThat(cursor.heldBytes()).isZero();

        cursor.feed(Unpooled.wrappedBuffer(row, 50_000, row.length - 50_000));

        assertThat(cursor.next()).isFalse();
        assertThat(cursor.isInsideForwarded()).isFalse();
        ByteBuf rest = cursor.takeRun();
        assertThat(rest.readableBytes()).isEqualTo(row.length - 50_000);
        rest.release();
    }

    @Test
    void fewLeftOverBytesDoNotPinTheirBuffer() {
        ByteBuf read = bytes(Frontend.query("a")).writeByte('S').writeByte(0);
        cursor.feed(read);
        assertThat(cursor.next()).isTrue();
        cursor.forward();
        assertThat(cursor.next()).isFalse();
        ByteBuf run = cursor.takeRun();

        cursor.finish(ByteBufAllocator.DEFAULT);

        assertThat(cursor.heldBytes()).isEqualTo(2);
        assertThat(run.release()).as("nobody else holds the buffer").isTrue();
        assertThat(read.refCnt()).isZero();
    }

    @Test
    void messageWithoutAnOrderComesBackFirst() {
        cursor.feed(bytes(Frontend.query("a"), Frontend.query("b")));
        assertThat(cursor.next()).isTrue();
        cursor.finish(ByteBufAllocator.DEFAULT);
        assertThat(cursor.isDrained()).isFalse();

        assertThat(cursor.resume()).isTrue();
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.type()).isEqualTo((byte) 'Q');
        assertThat(MessageReader.text(cursor.buffer(), cursor.bodyIndex(), cursor.bodyEnd() - 1))
                .isEqualTo("a");
    }

    @Test
    void skippedMessageIsDroppedToItsEndHoweverItComes() {
        byte[] first = Frontend.copyData(new byte[50]);
        for (int split = 5; split < first.length; split++) {
            cursor.feed(Unpooled.copiedBuffer(first, 0, split));
            assertThat(cursor.next()).isTrue();
            cursor.skip();
            assertThat(cursor.takeRun()).isNull();
            cursor.finish(ByteBufAllocator.DEFAULT);
            cursor.feed(Unpooled.copiedBuffer(
                    Unpooled.wrappedBuffer(first, split, first.length - split),
                    Unpooled.wrappedBuffer(Frontend.sync())));
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.type()).isEqualTo((byte) 'S');
            cursor.skip();
            assertThat(cursor.next()).isFalse();
            cursor.finish(ByteBufAllocator.DEFAULT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x3fffffff})
    void impossibleLengthIsAViolationThatSaysWhatWasSeen(int length) {
        cursor.feed(Unpooled.buffer().writeByte('Q').writeInt(length));

        assertThatThrownBy(cursor::next)
                .isInstanceOf(WireViolation.class)
                .hasMessage("message length " + length + " of type 'Q'");
    }

    @Test
    void smallMessagesHaveASmallBound() {
        cursor.feed(Unpooled.buffer().writeByte('S').writeInt(MessageCursor.SMALL_MESSAGE_LIMIT));
        assertThat(cursor.next()).isTrue();
        cursor.requireSmall();
        cursor.close();
        MessageCursor other = new MessageCursor(PoolerError.SERVER_PROTOCOL_VIOLATION);
        other.feed(Unpooled.buffer().writeByte('S').writeInt(MessageCursor.SMALL_MESSAGE_LIMIT + 1));
        assertThat(other.next()).isTrue();

        assertThatThrownBy(other::requireSmall).isInstanceOf(WireViolation.class);
        other.close();
    }
}
