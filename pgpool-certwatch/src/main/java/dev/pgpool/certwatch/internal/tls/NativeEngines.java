package dev.pgpool.certwatch.internal.tls;

import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.TlsOffer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.util.ReferenceCountUtil;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handshakes by BoringSSL, where the host has put {@code netty-tcnative-boringssl-static} on the class path: elliptic curves
 * cost a fraction of what they cost in Java, and TLS 1.0 and 1.1 servers show their chain. One context serves all; an
 * engine's capture is found by the engine. Engines know no peer, so no session is ever kept or resumed.
 *
 * <p>Only handshakes that end well count. Anything else is tried again with Java's engine, whose errors this library knows
 * how to name. Thread-safe.
 */
public final class NativeEngines implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(NativeEngines.class);

    /** Of longer chains Netty would show the first ten; OpenSSL's own limit is this. */
    private static final int MAX_CHAIN = 100;

    /** {@code SSL_CVERIFY_OPTIONAL} of tcnative, which Netty sets for every client. */
    private static final int ASK_THE_TRUST_MANAGER = 1;

    /** Also what only old servers speak; what this BoringSSL does not know is left out. */
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
            "TLS_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLS_RSA_WITH_AES_256_CBC_SHA");

    /**
     * The classic groups, most common first. The post-quantum one that BoringSSL would offer besides costs as much as the
     * rest of the handshake and doubles the ClientHello, and a probe has no secret to protect.
     */
    private static final String[] GROUPS = {"x25519", "secp256r1", "secp384r1", "secp521r1"};

    private final Map<SSLEngine, HandshakeCapture> captures = new ConcurrentHashMap<>();
    private final SslContext context;
    private final SslContext postgres;

    private NativeEngines() throws SSLException {
        this.context = context(List.of());
        this.postgres = context(List.of("postgresql"));
    }

    /** Absent if there is no native library. */
    public static @Nullable NativeEngines ifAvailable() {
        try {
            return OpenSsl.isAvailable() ? new NativeEngines() : null;
        } catch (SSLException | LinkageError e) {
            LOGGER.warn("BoringSSL is there but cannot be used, Java's TLS is: {}", e.toString());
            return null;
        }
    }

    private SslContext context(List<String> applicationProtocols) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .trustManager(new Trust())
                .keyManager(new Keys())
                .clientAuth(ClientAuth.NONE)
                .endpointIdentificationAlgorithm(null)
                .protocols("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
                .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .option(OpenSslContextOption.GROUPS, GROUPS)
                .enableOcsp(true);
        if (!applicationProtocols.isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    applicationProtocols));
        }
        SslContext context = builder.build();
        if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setSessionCacheEnabled(false);
        }
        return context;
    }

    /** An engine, to be released by its handler; absent if the endpoint needs Java's. */
    @Nullable
    public SSLEngine engine(Endpoint endpoint, HandshakeCapture capture, ByteBufAllocator alloc) {
        TlsOffer offer = endpoint.connect().offer();
        // BoringSSL offers all cipher suites of TLS 1.3 or none.
        boolean choosy = !offer.ciphers().isEmpty()
                && (offer.versions().isEmpty() || offer.versions().contains("TLSv1.3"));
        if (endpoint.client() != null || !offer.keys().isEmpty() || choosy) {
            return null;
        }
        boolean address = JdkEngines.isAddress(endpoint.serverName());
        SNIServerName name = address ? null : hostName(endpoint.serverName());
        if (!address && name == null) {
            return null;
        }
        SslContext chosen = endpoint.protocol().applicationProtocols().isEmpty() ? context : postgres;
        SSLEngine engine = chosen.newEngine(alloc);
        if (name != null) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setServerNames(List.of(name));
            engine.setSSLParameters(parameters);
        }
        if (!offer.equals(TlsOffer.ANY) && !narrow(engine, offer)) {
            ReferenceCountUtil.release(engine);
            return null;
        }
        if (engine instanceof ReferenceCountedOpenSslEngine boring) {
            boring.setVerify(ASK_THE_TRUST_MANAGER, MAX_CHAIN);
        }
        captures.put(engine, capture);
        return engine;
    }

    /** Whether this engine knows all of an offer. */
    private static boolean narrow(SSLEngine engine, TlsOffer offer) {
        try {
            SSLParameters parameters = engine.getSSLParameters();
            EngineOffer.apply(offer, engine, parameters);
            engine.setSSLParameters(parameters);
            return true;
        } catch (IllegalArgumentException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Forgets an engine. */
    public void done(SSLEngine engine) {
        captures.remove(engine);
    }

    @Override
    public void close() {
        ReferenceCountUtil.release(context);
        ReferenceCountUtil.release(postgres);
    }

    private static @Nullable SNIServerName hostName(String name) {
        try {
            return new SNIHostName(name);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private final class Trust extends ClientSideTrust {

        @Override
        public void checkServerTrusted(X509Certificate[] served, String authType, SSLEngine engine) {
            HandshakeCapture capture = captures.get(engine);
            if (capture != null) {
                byte[] staple = engine instanceof ReferenceCountedOpenSslEngine nativeEngine
                        ? nativeEngine.getOcspResponse()
                        : null;
                capture.onServed(List.of(served), staple);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] served, String authType, Socket socket)
                throws CertificateException {
            throw new CertificateException("engines only");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] served, String authType) throws CertificateException {
            throw new CertificateException("engines only");
        }
    }

    /** Has no key, and notes that it was asked for one. */
    private final class Keys extends ClientSideKeys {

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
            HandshakeCapture capture = captures.get(engine);
            if (capture != null) {
                capture.onClientCertificateAsked();
            }
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return null;
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return null;
        }
    }
}
