package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.cancel.CancelKey;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;

/** The last of what a client hears at its login: the key for cancel requests, a notice if there is one, ready. */
final class LoginEnd {
    private LoginEnd() {}

    /**
     * Gives the client its key and tells it all that.
     *
     * @param minor version of protocol 3 that the client asked for
     */
    static void tell(ClientSession session, int minor, ByteBuf out) {
        CancelKey key =
                CancelKey.create(session.processId(), minor, session.services().random());
        session.cancelKey(key);
        BackendWriter.backendKeyData(out, key.processId(), key.secret());
        String notice = session.services().config().clients().loginNotice();
        if (!notice.isEmpty()) {
            BackendWriter.noticeResponse(out, new ErrorFields("NOTICE", "00000", notice, null, null));
        }
        BackendWriter.readyForQuery(out, TransactionStatus.IDLE);
    }
}
