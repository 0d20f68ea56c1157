package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.TlsMode;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.security.cert.X509Certificate;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** TLS as clients get it: we are the server of the handshake. Immutable; replaced as a whole on reload. */
public final class ClientTls {
    private final TlsMode mode;
    private final ChannelBinding channelBinding;
    private final @Nullable SslContext context;
    private final @Nullable X509Certificate leaf;
    private final boolean owned;
    private final boolean verifies;
    private final String fingerprint;

    /**
     * @param leaf our certificate, if there is only one that we can show
     * @param owned whether the context is ours to release
     * @param verifies whether certificates of clients are checked
     * @param fingerprint of all files that went into it
     */
    ClientTls(
            TlsMode mode,
            ChannelBinding channelBinding,
            @Nullable SslContext context,
            @Nullable X509Certificate leaf,
            boolean owned,
            boolean verifies,
            String fingerprint) {
        this.mode = mode;
        this.channelBinding = channelBinding;
        this.context = context;
        this.leaf = leaf;
        this.owned = owned;
        this.verifies = verifies;
        this.fingerprint = fingerprint;
    }

    /** Whether a client that asks for encryption gets it. */
    public boolean isOffered() {
        return context != null;
    }

    /** Whether a client in clear is refused. */
    public boolean isRequired() {
        return mode.isRequired();
    }

    public ChannelBinding channelBinding() {
        return channelBinding;
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
     * The handler that encrypts one connection. It has no timer of its own for the handshake: the deadline of the login
     * covers it, and timers would stay behind when the channel moves to another event loop.
     *
     * @param handshakes where the arithmetic of the handshake runs, which would hold up an event loop
     */
    public SslHandler newHandler(ByteBufAllocator alloc, Executor handshakes) {
        SslContext known = context;
        if (known == null) {
            throw new IllegalStateException("no TLS for clients");
        }
        SslHandler handler = known.newHandler(alloc, handshakes);
        handler.setHandshakeTimeoutMillis(0);
        return handler;
    }

    /** Whether the client has asked for PostgreSQL by ALPN, without which direct TLS is not accepted. */
    public static boolean isForPostgres(SslHandler handler) {
        return ContextFactory.APPLICATION_PROTOCOL.equals(handler.applicationProtocol());
    }

    /** What the handshake has settled. */
    public TlsSession session(SSLEngine engine) {
        return Sessions.of(engine, leaf != null ? leaf : Sessions.ownLeaf(engine), verifies);
    }
}
