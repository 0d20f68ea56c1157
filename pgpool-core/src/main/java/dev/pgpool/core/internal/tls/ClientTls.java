package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.TlsConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** TLS as clients get it: we are the server of the handshake. Immutable; replaced as a whole on reload. */
public final class ClientTls {
    private final TlsConfig config;
    private final @Nullable SslContext context;
    private final @Nullable X509Certificate leaf;
    private final @Nullable X509TrustManager trust;
    private final String fingerprint;

    /**
     * @param context null where there is no TLS
     * @param leaf our certificate, if there is only one that we can show
     * @param trust what certificates of clients are checked with; null if they are not, or by the host's own context
     * @param fingerprint of all that was read for it
     */
    ClientTls(
            TlsConfig config,
            @Nullable SslContext context,
            @Nullable X509Certificate leaf,
            @Nullable X509TrustManager trust,
            String fingerprint) {
        this.config = config;
        this.context = context;
        this.leaf = leaf;
        this.trust = trust;
        this.fingerprint = fingerprint;
    }

    /** Whether a client that asks for encryption gets it. */
    public boolean isOffered() {
        return context != null;
    }

    /** Whether a client in clear is refused. */
    public boolean isRequired() {
        return config.mode().isRequired();
    }

    public ChannelBinding channelBinding() {
        return config.channelBinding();
    }

    /** Whether the other was made of the same settings, and of files and stores with the same contents. */
    boolean isSameAs(ClientTls other) {
        return config.equals(other.config) && fingerprint.equals(other.fingerprint);
    }

    /** Gives native memory back, which would otherwise wait for the garbage collector; not that of a host's context. */
    void release() {
        if (config.context().isEmpty()) {
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

    /** What a handshake under these settings has settled. */
    public TlsSession session(SSLEngine engine) {
        boolean verified = trust != null || config.context().isPresent();
        return Sessions.of(engine, leaf != null ? leaf : Sessions.ownLeaf(engine), verified);
    }

    /**
     * What a handshake under earlier settings is worth under these: a client that connects before a reload and logs in
     * after it gets in by the new settings.
     *
     * @throws TlsOutdated if such a handshake would fail today, or that can't be told
     */
    public TlsSession judge(SSLEngine engine, TlsSession settled) throws TlsOutdated {
        if (config.context().isPresent()) {
            throw new TlsOutdated("under another context");
        }
        if (!isOffered()) {
            return settled.unverified();
        }
        if (!config.protocols().contains(settled.protocol())) {
            throw new TlsOutdated("by " + settled.protocol());
        }
        if (!config.cipherSuites().isEmpty() && !config.cipherSuites().contains(settled.cipherSuite())) {
            throw new TlsOutdated("with " + settled.cipherSuite());
        }
        X509Certificate[] chain = Sessions.peerChain(engine);
        if (trust == null || chain.length == 0) {
            if (config.mode().isVerified()) {
                throw new TlsOutdated("without a certificate of the client");
            }
            return settled.unverified();
        }
        try {
            trust.checkClientTrusted(chain, "UNKNOWN");
        } catch (CertificateException e) {
            throw new TlsOutdated("with a certificate that is not trusted any more");
        }
        return settled.verified(new PeerCertificate(chain[0]));
    }
}
