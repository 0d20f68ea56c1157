package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.tls.ClientTls;
import dev.pgpool.core.internal.tls.TlsOutdated;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.transport.Transport;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.stats.CloseReason;
import io.netty.handler.ssl.SslHandler;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a client's connection is encrypted: the handshake, what it has settled, and whether that is still as the settings want
 * it. Confined to the event loop of the connection.
 */
final class Encryption {
    private static final Logger LOGGER = LoggerFactory.getLogger(Encryption.class);

    private final ClientConnection connection;
    private boolean handshaking;
    private @Nullable TlsSession settled;
    /** The settings that the handshake was made by, or judged by since. */
    private @Nullable ClientTls by;

    Encryption(ClientConnection connection) {
        this.connection = connection;
    }

    /** What the handshake has settled; null if the connection is not encrypted. */
    @Nullable
    TlsSession settled() {
        return settled;
    }

    /** Whether nothing can be said to the client now, not even why it is closed. */
    boolean isHandshaking() {
        return handshaking;
    }

    /** Whether TLS is set up for this client; never for a unix socket, as in PostgreSQL, nor where there is no socket. */
    boolean isOffered() {
        return settings().isOffered() && !isLocal();
    }

    private ClientTls settings() {
        return connection.session().services().tls().clients();
    }

    private boolean isLocal() {
        return Transport.isLocal(connection.localAddress());
    }

    /**
     * Begins the handshake; a client that fails in it is closed.
     *
     * @param direct without an SSLRequest before: the client has to name the protocol
     */
    void begin(boolean direct) {
        ClientSession session = connection.session();
        ClientTls tls = settings();
        SslHandler handler =
                tls.newHandler(connection.alloc(), session.services().workers());
        handshaking = true;
        handler.handshakeFuture().addListener(done -> {
            handshaking = false;
            Throwable problem = done.cause();
            if (problem instanceof ClosedChannelException) {
                session.close(CloseReason.CLIENT_CLOSED, false);
            } else if (problem != null) {
                refuse(session, String.valueOf(problem.getMessage()));
            } else if (direct && !ClientTls.isForPostgres(handler)) {
                refuse(session, "received direct SSL connection request without ALPN protocol negotiation extension");
            } else {
                settled = tls.session(handler.engine());
                by = tls;
            }
        });
        connection.channel().pipeline().addFirst(handler);
    }

    private static void refuse(ClientSession session, String why) {
        if (!session.isClosed()) {
            LogLine.info(LOGGER, "TLS refused")
                    .with("client", session.connection().remote())
                    .with("error", why)
                    .write();
        }
        session.close(CloseReason.CLIENT_TLS_FAILED, false);
    }

    /**
     * Whether the connection is encrypted as the settings of now want it, whatever they were when it was made. What the
     * client's certificate is worth is judged anew after a reload.
     *
     * @return why the client may not log in; null if it may
     */
    @Nullable
    ErrorFields objection() {
        ClientTls now = settings();
        TlsSession made = settled;
        SslHandler handler = connection.channel().pipeline().get(SslHandler.class);
        if (made == null || handler == null) {
            return now.isRequired() && !isLocal() ? PoolerError.TLS_REQUIRED.plain() : null;
        }
        if (by == now) {
            return null;
        }
        try {
            settled = now.judge(handler.engine(), made);
            by = now;
            return null;
        } catch (TlsOutdated e) {
            return PoolerError.TLS_OUTDATED.with(String.valueOf(e.getMessage()));
        }
    }
}
