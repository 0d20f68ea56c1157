package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.buffer.ByteBuf;

/**
 * Tells a client that its authentication has succeeded: with its welcome, or sooner if the client has to wait for a server
 * and is told so, since no notice may come before.
 */
final class Accepted {
    private boolean told;

    void tell(ByteBuf out) {
        if (!told) {
            told = true;
            BackendWriter.authenticationOk(out);
        }
    }

    void tellLongWait(ClientSession session) {
        tell(session.out().space());
        BackendWriter.noticeResponse(session.out().space(), PoolerError.WAITING_FOR_SERVER.plain());
        session.out().flush();
    }
}
