package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.cancel.PeerCancels;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;

/**
 * Phase: a connection with a cancel request. It is closed when the server has dealt with the request, since that is how
 * its client knows: what the client sends after that can't be hit. Not a byte is sent, and whether the key fits is
 * no other client's business.
 */
final class CancelPhase implements ClientPhase {
    private final ClientSession session;

    CancelPhase(ClientSession session) {
        this.session = session;
    }

    void begin(StartupPacket.Cancel cancel) {
        PeerCancels peers = session.services().peers();
        if (peers.isForPeer(cancel.processId())) {
            peers.forward(session.connection().eventLoop(), cancel.processId(), cancel.secret(), this::dealtWith);
            return;
        }
        ClientSession target =
                session.services().clients().forCancel(PeerCancels.asGiven(cancel.processId()), cancel.secret());
        if (target == null) {
            dealtWith();
        } else {
            session.admission().known();
            target.onCancelRequest(() -> session.connection().execute(this::dealtWith));
        }
    }

    private void dealtWith() {
        session.close(CloseReason.CANCEL_REQUEST, false);
    }

    @Override
    public void onRead(ClientSession s, ByteBuf bytes) {
        bytes.release();
    }

    @Override
    public void onLoginTimeout(ClientSession s) {
        dealtWith();
    }

    @Override
    public void onMessages(ClientSession s, MessageCursor in) {
        throw new IllegalStateException("no messages behind a cancel request");
    }

    @Override
    public void onServer(ClientSession s, ServerConnection server) {
        throw new IllegalStateException("no server for a cancel request");
    }

    @Override
    public void onNoServer(ClientSession s, ErrorFields error) {
        throw new IllegalStateException("no server for a cancel request");
    }
}
