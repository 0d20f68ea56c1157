package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks bytes with a cursor, giving each message an order that only depends on its header, and writes down everything that
 * can be seen. However the bytes arrive, it must see the same.
 */
final class CursorWalk {

    private static final int HEAD = 3;

    final List<String> events = new ArrayList<>();
    final ByteArrayOutputStream passedOn = new ByteArrayOutputStream();
    int mostHeld;
    private boolean broken;

    /** @param sizes sizes of the reads; the last one takes the rest */
    static CursorWalk over(byte[] bytes, int... sizes) {
        CursorWalk walk = new CursorWalk();
        MessageCursor cursor = new MessageCursor(PoolerError.CLIENT_PROTOCOL_VIOLATION);
        int from = 0;
        for (int size : sizes) {
            walk.read(cursor, bytes, from, Math.min(bytes.length, from + size));
            from = Math.min(bytes.length, from + size);
        }
        walk.read(cursor, bytes, from, bytes.length);
        walk.events.add("inside " + cursor.isInsideForwarded());
        cursor.close();
        return walk;
    }

    private void read(MessageCursor cursor, byte[] bytes, int from, int to) {
        if (broken) {
            return;
        }
        // some room in front and behind, so that absolute indexes differ from relative ones
        ByteBuf read = UnpooledByteBufAllocator.DEFAULT
                .directBuffer(to - from + 9)
                .writeZero(7)
                .skipBytes(7)
                .writeBytes(bytes, from, to - from);
        cursor.feed(read);
        try {
            boolean more = true;
            while (more && cursor.next()) {
                more = order(cursor);
            }
        } catch (WireViolation e) {
            events.add("violation " + e.detail());
            broken = true;
        }
        pass(cursor.takeRun());
        cursor.finish(UnpooledByteBufAllocator.DEFAULT);
        mostHeld = Math.max(mostHeld, cursor.heldBytes());
    }

    private boolean order(MessageCursor cursor) {
        String header = (cursor.type() & 0xff) + ":" + cursor.bodyLength();
        switch (cursor.type() & 3) {
            case 0 -> {
                events.add("forward " + header);
                cursor.forward();
            }
            case 1 -> {
                events.add("skip " + header);
                pass(cursor.takeRun());
                cursor.skip();
            }
            case 2 -> {
                cursor.requireSmall();
                if (!cursor.isComplete()) {
                    return false;
                }
                int hash = MessageReader.hash(cursor.buffer(), cursor.bodyIndex(), cursor.bodyEnd());
                events.add("gathered " + header + " " + hash);
                cursor.forward();
            }
            default -> {
                int head = Math.min(HEAD, cursor.bodyLength());
                if (cursor.arrivedEnd() < cursor.bodyIndex() + head) {
                    return false;
                }
                events.add("new head " + header);
                pass(cursor.takeRun());
                passedOn.write('#');
                cursor.forwardFrom(cursor.bodyIndex() + head);
            }
        }
        return true;
    }

    private void pass(ByteBuf run) {
        if (run != null) {
            byte[] bytes = new byte[run.readableBytes()];
            run.readBytes(bytes);
            run.release();
            passedOn.writeBytes(bytes);
        }
    }

    @Override
    public String toString() {
        return events + " passed on " + java.util.HexFormat.of().formatHex(passedOn.toByteArray());
    }
}
