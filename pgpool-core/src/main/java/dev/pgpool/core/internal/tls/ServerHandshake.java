package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.TlsNegotiation;
import dev.pgpool.core.internal.transport.SocketWords;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * Encrypts a fresh connection to a server, before anything else is said on it. As a handler it asks (SSLRequest), waits
 * for the answer of one byte, and makes room for the {@link SslHandler}, or just leaves. Has no timer: the one that begins it
 * closes the channel when it takes too long.
 *
 * <pre>
 *   SSLRequest ──S──> handshake ──> onEncrypted
 *        ├──N──> onRefused, or onRejected if encryption is required
 *        └──anything else, or anything behind the answer──> onRejected; an error, or the end──> onFailed
 * </pre>
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL">SSL Session Encryption</a>
 */
public final class ServerHandshake extends ChannelInboundHandlerAdapter {
    /** How it ends: exactly one call, on the event loop of the channel; none if the channel is closed elsewhere. */
    public interface Outcome {
        void onEncrypted(TlsSession session);

        /** The server does not encrypt, and that is fine. */
        void onRefused();

        /** The connection is of no use; the next one may be better. */
        void onFailed(String why);

        /** The connection is of no use, and the next one would be the same: a certificate is not trusted, for example. */
        default void onRejected(String why) {
            onFailed(why);
        }
    }

    private static final int SSL_REQUEST_LENGTH = 8;
    private static final int SSL_REQUEST_CODE = 80877103;

    private final ServerTls tls;
    private final String host;
    private final int port;
    private final Executor handshakes;
    private final Outcome outcome;
    private boolean answered;

    private ServerHandshake(ServerTls tls, String host, int port, Executor handshakes, Outcome outcome) {
        this.tls = tls;
        this.host = host;
        this.port = port;
        this.handshakes = handshakes;
        this.outcome = outcome;
    }

    /**
     * Begins on a channel that is connected, on its event loop.
     *
     * @param host as it was configured, for SNI and VERIFY_FULL
     * @param handshakes where the arithmetic of the handshake runs
     */
    public static void begin(
            Channel channel, ServerTls tls, String host, int port, Executor handshakes, Outcome outcome) {
        ServerHandshake handshake = new ServerHandshake(tls, host, port, handshakes, outcome);
        if (tls.negotiation() == TlsNegotiation.DIRECT) {
            SslHandler handler = tls.newHandler(channel.alloc(), host, port, handshakes);
            channel.pipeline().addFirst(handler);
            handshake.await(handler);
        } else {
            channel.pipeline().addFirst(handshake);
            ByteBuf request = channel.alloc().ioBuffer(SSL_REQUEST_LENGTH);
            request.writeInt(SSL_REQUEST_LENGTH).writeInt(SSL_REQUEST_CODE);
            channel.writeAndFlush(request);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            if (!answered && bytes.isReadable()) {
                answered = true;
                onAnswer(ctx, bytes.readByte(), bytes.isReadable());
            }
        } finally {
            bytes.release();
        }
    }

    private void onAnswer(ChannelHandlerContext ctx, byte answer, boolean more) {
        if (answer == 'E') {
            // not to be shown: who it comes from is not known
            outcome.onFailed("server sent an error response during SSL exchange");
        } else if (answer != 'S' && answer != 'N') {
            outcome.onRejected("received invalid response to SSL negotiation: byte " + (answer & 0xff));
        } else if (more) {
            outcome.onRejected("received unencrypted data after SSL response");
        } else if (answer == 'S') {
            SslHandler handler = tls.newHandler(ctx.alloc(), host, port, handshakes);
            ctx.pipeline().replace(this, null, handler);
            await(handler);
        } else if (tls.mode().isRequired()) {
            outcome.onRejected("server does not support SSL, but SSL was required");
        } else {
            ctx.pipeline().remove(this);
            outcome.onRefused();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!answered) {
            answered = true;
            outcome.onFailed("server closed the connection instead of answering an SSL request");
        }
        ctx.fireChannelInactive();
    }

    private void await(SslHandler handler) {
        handler.handshakeFuture().addListener(done -> {
            Throwable problem = done.cause();
            if (problem instanceof SSLException) {
                outcome.onRejected("SSL error: " + reason(problem));
            } else if (problem != null) {
                outcome.onFailed("SSL error: " + reason(problem));
            } else if (tls.negotiation() == TlsNegotiation.DIRECT
                    && !ContextFactory.APPLICATION_PROTOCOL.equals(handler.applicationProtocol())) {
                outcome.onRejected("direct SSL connection was established without ALPN protocol negotiation extension");
            } else {
                SSLEngine engine = handler.engine();
                outcome.onEncrypted(tls.session(engine));
            }
        });
    }

    static String reason(Throwable problem) {
        if (problem instanceof ClosedChannelException) {
            return "server closed the connection during the handshake";
        }
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException || cause instanceof CertPathValidatorException) {
                // what the library says of it is about its search
                return "certificate verify failed";
            }
        }
        return SocketWords.of(problem);
    }
}
