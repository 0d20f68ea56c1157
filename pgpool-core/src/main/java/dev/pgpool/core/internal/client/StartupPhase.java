package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Phase: a client that is not known yet. Answers encryption requests, encrypts, passes cancel requests on, and hands clients to login.
 *
 * <pre>
 *   first byte 0x16 ──> handshake (ALPN or nothing) ──.
 *   SSLRequest ──S──> handshake ──────────────────────+──> startup packet
 *   SSLRequest, GSSENCRequest ──N─────────────────────'
 * </pre>
 */
final class StartupPhase implements ClientPhase {
    private static final Logger LOGGER = LoggerFactory.getLogger(StartupPhase.class);
    /** First byte of a TLS record with a handshake; as first byte of a packet's length it would be far too large. */
    private static final byte TLS_HANDSHAKE = 0x16;

    private @Nullable ByteBuf held;
    private boolean begun;
    private boolean sslAsked;
    private boolean gssAsked;

    @Override
    public void onRead(ClientSession session, ByteBuf bytes) {
        if (!begun && bytes.isReadable()) {
            begun = true;
            if (bytes.getByte(bytes.readerIndex()) == TLS_HANDSHAKE) {
                encryptDirectly(session, bytes);
                return;
            }
        }
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
                held = session.connection()
                        .alloc()
                        .buffer(packetBytes.readableBytes())
                        .writeBytes(packetBytes);
                return;
            }
            if (packet instanceof StartupPacket.Startup startup) {
                ErrorFields objection = session.connection().encryption().objection();
                if (objection != null) {
                    session.fail(objection, CloseReason.CLIENT_LOGIN_FAILED);
                    return;
                }
                LoginPhase login = new LoginPhase(session, startup);
                session.enter(login);
                login.begin();
                if (!session.isClosed() && packetBytes.isReadable()) {
                    handedOn = true;
                    session.connection().onRead(packetBytes);
                }
            } else if (packet instanceof StartupPacket.Cancel cancel) {
                CancelPhase phase = new CancelPhase(session);
                session.enter(phase);
                phase.begin(cancel);
            } else if (packet instanceof StartupPacket.Unintelligible odd) {
                LogLine.info(LOGGER, "client closed: what it sent is no start-up packet")
                        .with("client", session.connection().remote())
                        .with("error", odd.why())
                        .write();
                session.close(CloseReason.CLIENT_PROTOCOL_VIOLATION, false);
            } else {
                onEncryptionRequest(session, packet, packetBytes);
            }
        } finally {
            if (!handedOn) {
                packetBytes.release();
            }
        }
    }

    private void onEncryptionRequest(ClientSession session, StartupPacket packet, ByteBuf rest) {
        boolean ssl = packet instanceof StartupPacket.SslRequest;
        if (ssl ? sslAsked : gssAsked) {
            throw new WireViolation(PoolerError.INVALID_STARTUP_PACKET, "encryption asked for twice");
        }
        if (rest.isReadable()) {
            throw new WireViolation(PoolerError.BYTES_AFTER_ENCRYPTION_REQUEST, ssl ? "SSL" : "GSSAPI encryption");
        }
        Encryption encryption = session.connection().encryption();
        sslAsked |= ssl;
        gssAsked |= !ssl;
        if (ssl && encryption.settled() == null && encryption.isOffered()) {
            session.out().space().writeByte('S');
            session.out().flush();
            encryption.begin(false);
        } else {
            session.out().space().writeByte('N');
        }
    }

    /** Without TLS set up the connection is closed without a word, as in PostgreSQL: a client that expects TLS understands none. */
    private static void encryptDirectly(ClientSession session, ByteBuf bytes) {
        Encryption encryption = session.connection().encryption();
        if (!encryption.isOffered()) {
            bytes.release();
            LogLine.info(LOGGER, "direct TLS refused: not set up")
                    .with("client", session.connection().remote())
                    .write();
            session.close(CloseReason.CLIENT_TLS_FAILED, false);
            return;
        }
        encryption.begin(true);
        session.connection().channel().pipeline().fireChannelRead(bytes);
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
