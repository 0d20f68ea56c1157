package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.buffer.ByteBuf;

/**
 * Tells a client that its authentication has succeeded: with its welcome, or sooner if the client has to wait for a server
 * and is told so, since no notice may come before. What the client waits for may take longer than the configuration lasts
 * that let it in.
 */
final class Accepted {
    private final LoginPhase login;
    private boolean told;

    Accepted(LoginPhase login) {
        this.login = login;
    }

    /** Whether the client would be let in today; if not, its login has begun anew, or it was refused. */
    boolean holds() {
        return login.holds(told);
    }

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
