package dev.pgpool.core.internal.client;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.tls.ClientTls;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import io.netty.handler.ssl.SslHandler;
import java.nio.channels.ClosedChannelException;
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
    /** Of a TLS record with a handshake in it; as length of a packet it would be far too large. */
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
                held = session.channel()
                        .alloc()
                        .buffer(packetBytes.readableBytes())
                        .writeBytes(packetBytes);
                return;
            }
            if (packet instanceof StartupPacket.Startup startup) {
                ErrorFields objection = Encryption.objection(session);
                if (objection != null) {
                    session.fail(objection, CloseReason.CLIENT_LOGIN_FAILED);
                    return;
                }
                LoginPhase login = new LoginPhase(session, startup);
                session.enter(login);
                login.begin();
                if (!session.isClosed() && packetBytes.isReadable()) {
                    handedOn = true;
                    session.onRead(packetBytes);
                }
            } else if (packet instanceof StartupPacket.Cancel cancel) {
                CancelPhase phase = new CancelPhase(session);
                session.enter(phase);
                phase.begin(cancel);
            } else if (packet instanceof StartupPacket.Unintelligible odd) {
                LOGGER.atInfo()
                        .addKeyValue("client", session.remote())
                        .addKeyValue("error", odd.why())
                        .log("client closed: what it sent is no start-up packet");
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
        sslAsked |= ssl;
        gssAsked |= !ssl;
        if (ssl && session.tls() == null && tls(session).isOffered() && !isUnix(session)) {
            session.out().space().writeByte('S');
            session.out().flush();
            encrypt(session, false);
        } else {
            session.out().space().writeByte('N');
        }
    }

    private static ClientTls tls(ClientSession session) {
        return session.services().tls().clients();
    }

    private static boolean isUnix(ClientSession session) {
        return Transport.isUnix(session.channel().localAddress());
    }

    /** PostgreSQL closes without a word where it can't, and so do we: a client in the middle of TLS understands none. */
    private static void encryptDirectly(ClientSession session, ByteBuf bytes) {
        if (!tls(session).isOffered() || isUnix(session)) {
            bytes.release();
            LOGGER.atInfo().addKeyValue("client", session.remote()).log("direct TLS refused: not set up");
            session.close(CloseReason.CLIENT_TLS_FAILED, false);
            return;
        }
        encrypt(session, true);
        session.channel().pipeline().fireChannelRead(bytes);
    }

    private static void encrypt(ClientSession session, boolean direct) {
        ClientTls tls = tls(session);
        SslHandler handler =
                tls.newHandler(session.channel().alloc(), session.services().workers());
        session.handshaking(true);
        handler.handshakeFuture().addListener(done -> {
            session.handshaking(false);
            Throwable problem = done.cause();
            if (problem instanceof ClosedChannelException) {
                session.close(CloseReason.CLIENT_CLOSED, false);
            } else if (problem != null) {
                refuse(session, String.valueOf(problem.getMessage()));
            } else if (direct && !ClientTls.isForPostgres(handler)) {
                refuse(session, "received direct SSL connection request without ALPN protocol negotiation extension");
            } else {
                session.encrypted(tls.session(handler.engine()), tls);
            }
        });
        session.channel().pipeline().addFirst(handler);
    }

    private static void refuse(ClientSession session, String why) {
        if (!session.isClosed()) {
            LOGGER.atInfo()
                    .addKeyValue("client", session.remote())
                    .addKeyValue("error", why)
                    .log("TLS refused");
        }
        session.close(CloseReason.CLIENT_TLS_FAILED, false);
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
