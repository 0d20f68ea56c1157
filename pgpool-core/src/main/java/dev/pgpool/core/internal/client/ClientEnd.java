package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a client ends: what the log says, what the client is told, and that everything that it has is let go, once. Confined to
 * the event loop of the client.
 */
final class ClientEnd {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClientEnd.class);

    /** PgBouncer's words for a client that is gone without a goodbye. */
    private static final String UNEXPECTED_END = "client unexpected eof";

    private final ClientSession session;
    private final ClientConnection connection;

    ClientEnd(ClientSession session, ClientConnection connection) {
        this.session = session;
        this.connection = connection;
    }

    // ---- why

    /**
     * The connection is gone.
     *
     * @param farewell whether the client has said goodbye: then its last requests still run, even if it does not wait for the
     *     answers
     */
    void onDisconnected(boolean farewell) {
        // the two cases have different words in the log, but one reason
        closeAtOnce(CloseReason.CLIENT_CLOSED, !farewell, farewell ? null : UNEXPECTED_END);
    }

    /** A connection of the host's own is lost without having been closed: a defect of the host. */
    void onDropped() {
        if (connection.isClosed()) {
            return;
        }
        LogLine.warn(LOGGER, "client lost: the host dropped a connection without closing it")
                .with("client", connection.remote())
                .with("user", session.identity().user())
                .with("database", session.identity().database())
                .write();
        closeAtOnce(CloseReason.CLIENT_CLOSED, true, "client dropped without close");
    }

    /** The client has sent what it may not send. */
    void onViolation(WireViolation violation) {
        ErrorFields told = violation.error().with(violation.detail());
        LogLine.info(LOGGER, "client refused")
                .with("client", connection.remote())
                .with("user", session.identity().user())
                .with("database", session.identity().database())
                .with("reason", CloseReason.CLIENT_PROTOCOL_VIOLATION.label())
                .with("error", told.hint() == null ? told.message() : told.message() + ": " + told.hint())
                .write();
        closeAfterLastWords(CloseReason.CLIENT_PROTOCOL_VIOLATION, told);
    }

    /** The connection has broken, or the pooler has a defect. */
    void onFailure(Throwable cause) {
        if (connection.isClosed()) {
            return;
        }
        if (cause instanceof DecoderException && cause.getCause() instanceof SSLException broken) {
            LogLine.info(LOGGER, "encryption broke")
                    .with("client", connection.remote())
                    .with("error", broken.getMessage())
                    .write();
            closeAtOnce(CloseReason.CLIENT_TLS_FAILED, true, null);
            return;
        }
        if (cause instanceof IOException) {
            closeAtOnce(CloseReason.CLIENT_CLOSED, true, UNEXPECTED_END);
            return;
        }
        LogLine.error(LOGGER, "unexpected failure")
                .with("client", connection.remote())
                .cause(cause)
                .write();
        // a library's names say nothing to a client
        String what = cause.getClass().getName().startsWith("java.")
                ? cause.getClass().getSimpleName()
                : "unexpected";
        closeAfterLastWords(CloseReason.INTERNAL_ERROR, PoolerError.INTERNAL.with(what));
    }

    // ---- how

    /**
     * After what was written for the client has been sent.
     *
     * @param error what the client is told; null for nothing
     */
    void closeAfterLastWords(CloseReason reason, @Nullable ErrorFields error) {
        if (connection.isClosed()) {
            return;
        }
        // an error behind half a message would be read as the other half
        boolean tellable = !session.linked().isMidMessage();
        connection.out().flush();
        letGo(reason, true, error == null ? null : error.told());
        connection.closeAfterLastWords(tellable ? error : null);
    }

    /**
     * Without a word to the client.
     *
     * @param cancel whether what still runs for it is cancelled
     * @param words for the log; null for the words of the reason
     */
    void closeAtOnce(CloseReason reason, boolean cancel, @Nullable String words) {
        if (connection.isClosed()) {
            return;
        }
        letGo(reason, cancel, words);
        connection.close();
    }

    private void letGo(CloseReason reason, boolean cancel, @Nullable String words) {
        connection.shut();
        ClientServices services = session.services();
        if (connection.isConnected() && reason != CloseReason.CANCEL_REQUEST) {
            services.listener().onClientEnded(ClientView.of(session), reason, Optional.ofNullable(words));
        }
        session.timers().end();
        session.giveUpWaiting();
        session.linked().abandon(cancel);
        session.phase().onClosed();
        if (session.identity().isLoggedIn() && session.isAtConsole()) {
            services.clients().operatorLeft();
        }
        connection.release();
        session.admission().end(session.processId());
        ServerPool pool = session.pool();
        if (pool != null) {
            services.pools().leave(pool, reason);
            services.listener().onClientClosed(pool.key(), reason);
        } else {
            services.pools().strangerLeft(reason);
        }
    }
}
