package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsConfig;
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
            new ServerTls(TlsBuilder.forServers().mode(TlsMode.DISABLE).build(), null, false, "");

    private final TlsConfig config;
    private final @Nullable SslContext context;
    private final boolean verifies;
    private final String fingerprint;

    /**
     * @param context null where there is no TLS
     * @param verifies whether certificates of servers are checked
     * @param fingerprint of all that was read for it
     */
    ServerTls(TlsConfig config, @Nullable SslContext context, boolean verifies, String fingerprint) {
        this.config = config;
        this.context = context;
        this.verifies = verifies;
        this.fingerprint = fingerprint;
    }

    public TlsMode mode() {
        return config.mode();
    }

    public ChannelBinding channelBinding() {
        return config.channelBinding();
    }

    TlsNegotiation negotiation() {
        return config.negotiation();
    }

    /** Whether the other was made of the same settings, and of files and stores with the same contents. */
    boolean isSameAs(ServerTls other) {
        return config.equals(other.config) && fingerprint.equals(other.fingerprint);
    }

    /** Gives native memory back, which would otherwise wait for the garbage collector; not that of a host's context. */
    void release() {
        if (config.context().isEmpty()) {
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
        if (mode() == TlsMode.VERIFY_FULL) {
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
