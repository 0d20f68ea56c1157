package dev.pgpool.certwatch.internal.tls;

import dev.pgpool.certwatch.target.ClientIdentity;
import dev.pgpool.certwatch.target.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/**
 * Makes TLS engines, each from a context of its own: a shared one would resume sessions, and a resumed session shows the
 * former certificate.
 */
public final class JdkEngines {

    private final SecureRandom random = new SecureRandom();

    /**
     * An engine that has begun its handshake: the keys of the ClientHello are made here, so this is not for an event loop.
     *
     * @throws GeneralSecurityException if this Java has no TLS
     * @throws SSLException if the handshake cannot begin
     */
    public SSLEngine begin(Endpoint endpoint, HandshakeCapture capture) throws GeneralSecurityException, SSLException {
        SSLContext context = SSLContext.getInstance("TLS");
        ClientIdentity client = endpoint.client();
        context.init(
                new KeyManager[] {capture.keyManager(client == null ? null : client.keyManager())},
                new TrustManager[] {capture.trustManager()},
                random);
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        // Names are compared by us, after the chain is safe.
        parameters.setEndpointIdentificationAlgorithm(null);
        if (!isAddress(endpoint.serverName())) {
            parameters.setServerNames(List.of(new RawServerName(endpoint.serverName())));
        }
        List<String> applicationProtocols = endpoint.protocol().applicationProtocols();
        parameters.setApplicationProtocols(applicationProtocols.toArray(new String[0]));
        EngineOffer.apply(endpoint.connect().offer(), engine, parameters);
        engine.setSSLParameters(parameters);
        engine.beginHandshake();
        return engine;
    }

    /** Writes a ClientHello that no engine follows up. */
    public void hello(ByteBuf out, Endpoint endpoint) {
        Tls12ClientHello.write(
                out,
                isAddress(endpoint.serverName()) ? null : endpoint.serverName(),
                endpoint.protocol().applicationProtocols(),
                random);
    }

    public static boolean isAddress(String host) {
        return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
    }
}
