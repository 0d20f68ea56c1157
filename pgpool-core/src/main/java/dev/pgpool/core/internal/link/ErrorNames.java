package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.MessageCursor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** Puts the client's name of a statement where an ErrorResponse has the server's. */
final class ErrorNames {
    private ErrorNames() {}

    /** Forwards a complete ErrorResponse, with the name changed if it is in there. */
    static void forward(MessageCursor in, Outbox toClient, Named named) {
        byte[] serverName = named.statement().serverName();
        ByteBuf body = in.buffer().slice(in.bodyIndex(), in.bodyLength());
        int found = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(serverName), body);
        if (found < 0 || !toClient.isConnected()) {
            in.forward();
            return;
        }
        toClient.run(in.takeRun());
        int behind = found + serverName.length;
        toClient.space()
                .writeByte(in.type())
                .writeInt(4 + body.capacity() - serverName.length + named.name().length)
                .writeBytes(body, 0, found)
                .writeBytes(named.name())
                .writeBytes(body, behind, body.capacity() - behind);
        in.skip();
    }
}
