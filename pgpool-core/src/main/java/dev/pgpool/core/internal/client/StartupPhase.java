package dev.pgpool.core.internal.client;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Phase: nobody yet. Answers encryption requests with no, passes cancel requests on, and hands clients to login. */
final class StartupPhase implements ClientPhase {
    private @Nullable ByteBuf held;
    private boolean sslAsked;
    private boolean gssAsked;

    @Override
    public void onRead(ClientSession session, ByteBuf bytes) {
        ByteBuf packetBytes = bytes;
        ByteBuf first = held;
        if (first != null) {
            held = null;
            first.writeBytes(bytes);
            bytes.release();
            packetBytes = first;
        }
        boolean handedOn = false;
        try {
            StartupPacket packet = StartupPacket.decode(packetBytes);
            if (packet == null) {
                held = session.channel()
                        .alloc()
                        .buffer(packetBytes.readableBytes())
                        .writeBytes(packetBytes);
                return;
            }
            if (packet instanceof StartupPacket.Startup startup) {
                LoginPhase login = new LoginPhase(session, startup);
                session.enter(login);
                login.begin();
                if (!session.isClosed() && packetBytes.isReadable()) {
                    handedOn = true;
                    session.onRead(packetBytes);
                }
            } else if (packet instanceof StartupPacket.Cancel cancel) {
                cancel(session, cancel);
            } else {
                refuseEncryption(session, packet, packetBytes);
            }
        } finally {
            if (!handedOn) {
                packetBytes.release();
            }
        }
    }

    private static void cancel(ClientSession session, StartupPacket.Cancel cancel) {
        ClientSession target = session.services().clients().forCancel(cancel.processId(), cancel.secret());
        if (target != null) {
            target.onCancelRequest();
        }
        // whether the key fits is nobody's business: not a byte is sent
        session.close(CloseReason.CANCEL_REQUEST, false);
    }

    private void refuseEncryption(ClientSession session, StartupPacket packet, ByteBuf rest) {
        boolean ssl = packet instanceof StartupPacket.SslRequest;
        if (ssl ? sslAsked : gssAsked) {
            throw new WireViolation(PoolerError.INVALID_STARTUP_PACKET, "encryption asked for twice");
        }
        if (rest.isReadable()) {
            throw new WireViolation(PoolerError.BYTES_AFTER_ENCRYPTION_REQUEST, ssl ? "SSL" : "GSSAPI encryption");
        }
        sslAsked |= ssl;
        gssAsked |= !ssl;
        session.out().space().writeByte('N');
    }

    @Override
    public void onClosed() {
        ByteBuf rest = held;
        held = null;
        if (rest != null) {
            rest.release();
        }
    }

    @Override
    public void onMessages(ClientSession session, MessageCursor in) {
        throw new IllegalStateException("no messages before login");
    }

    @Override
    public void onServer(ClientSession session, ServerConnection server) {
        throw new IllegalStateException("no server before login");
    }

    @Override
    public void onNoServer(ClientSession session, ErrorFields error) {
        throw new IllegalStateException("no server before login");
    }
}
