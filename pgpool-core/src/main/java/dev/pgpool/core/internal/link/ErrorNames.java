package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.MessageCursor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Puts the client's name of a statement where an ErrorResponse has the server's, whichever it had when the message went out:
 * meanwhile the client's name may stand for another.
 */
final class ErrorNames {
    private static final byte[] PREFIX = "\"pgpool_".getBytes(StandardCharsets.US_ASCII);

    private ErrorNames() {}

    /** Forwards a complete ErrorResponse, with the name changed if it is in there. */
    static void forward(MessageCursor in, Outbox toClient, Named named) {
        ByteBuf body = in.buffer().slice(in.bodyIndex(), in.bodyLength());
        int quote = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(PREFIX), body);
        int behind = quote < 0 ? -1 : endOfName(body, quote + PREFIX.length);
        if (behind < 0 || !toClient.isConnected()) {
            in.forward();
            return;
        }
        toClient.run(in.takeRun());
        int start = quote + 1;
        toClient.space()
                .writeByte(in.type())
                .writeInt(4 + body.capacity() - (behind - start) + named.name().length)
                .writeBytes(body, 0, start)
                .writeBytes(named.name())
                .writeBytes(body, behind, body.capacity() - behind);
        in.skip();
    }

    /** Index behind our name if a quote follows it, else -1. */
    private static int endOfName(ByteBuf body, int from) {
        int at = from;
        while (at < body.capacity() && isPartOfName(body.getByte(at))) {
            at++;
        }
        return at > from && at < body.capacity() && body.getByte(at) == '"' ? at : -1;
    }

    private static boolean isPartOfName(byte b) {
        return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || b == '_';
    }
}
