package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsNegotiation;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards the servers of a database: we are the client of the handshake. Immutable; replaced as a whole on reload,
 * and only if something has changed, so that a server whose {@code ServerTls} is not the present one is out of date.
 */
public final class ServerTls {
    /** No encryption. */
    public static final ServerTls OFF =
            new ServerTls(TlsMode.DISABLE, TlsNegotiation.POSTGRES, ChannelBinding.PREFER, null, false, false, "");

    private final TlsMode mode;
    private final TlsNegotiation negotiation;
    private final ChannelBinding channelBinding;
    private final @Nullable SslContext context;
    private final boolean owned;
    private final boolean verifies;
    private final String fingerprint;

    /**
     * @param owned whether the context is ours to release
     * @param verifies whether certificates of servers are checked
     * @param fingerprint of all files that went into it
     */
    ServerTls(
            TlsMode mode,
            TlsNegotiation negotiation,
            ChannelBinding channelBinding,
            @Nullable SslContext context,
            boolean owned,
            boolean verifies,
            String fingerprint) {
        this.mode = mode;
        this.negotiation = negotiation;
        this.channelBinding = channelBinding;
        this.context = context;
        this.owned = owned;
        this.verifies = verifies;
        this.fingerprint = fingerprint;
    }

    public TlsMode mode() {
        return mode;
    }

    public ChannelBinding channelBinding() {
        return channelBinding;
    }

    TlsNegotiation negotiation() {
        return negotiation;
    }

    String fingerprint() {
        return fingerprint;
    }

    /** Gives native memory back, which would otherwise wait for the garbage collector; not that of a host's context. */
    void release() {
        if (owned) {
            ReferenceCountUtil.release(context);
        }
    }

    /**
     * The handler that encrypts one connection; like {@link ClientTls#newHandler}, without a timer for the handshake.
     *
     * @param host as it was configured: what the certificate must be for with VERIFY_FULL
     */
    SslHandler newHandler(ByteBufAllocator alloc, String host, int port, Executor handshakes) {
        SslContext known = context;
        if (known == null) {
            throw new IllegalStateException("no TLS to servers");
        }
        SslHandler handler = known.newHandler(alloc, host, port, handshakes);
        handler.setHandshakeTimeoutMillis(0);
        if (mode == TlsMode.VERIFY_FULL) {
            // the host's own context may not ask for it
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            handler.engine().setSSLParameters(parameters);
        }
        return handler;
    }

    TlsSession session(SSLEngine engine) {
        return Sessions.of(engine, Sessions.peerLeaf(engine), verifies);
    }
}
