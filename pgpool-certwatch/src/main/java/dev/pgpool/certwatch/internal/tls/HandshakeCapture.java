package dev.pgpool.certwatch.internal.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What one handshake reveals: the chain, a staple, and whether a client certificate was asked for. Written by the thread
 * that runs the handshake's tasks, read on the event loop after it, also when the handshake failed. Never shared by two
 * handshakes.
 */
public final class HandshakeCapture {

    private volatile List<X509Certificate> chain = List.of();
    private volatile @Nullable EncodedStaple staple;
    private volatile boolean clientCertificateAsked;
    private volatile boolean clientCertificateShown;
    private volatile boolean broken;

    public List<X509Certificate> chain() {
        return chain;
    }

    @Nullable
    public EncodedStaple staple() {
        return staple;
    }

    public boolean clientCertificateAsked() {
        return clientCertificateAsked;
    }

    /** Whether one was shown. */
    public boolean clientCertificateShown() {
        return clientCertificateShown;
    }

    /** Whether the connection broke, rather than being closed in order. */
    public boolean broken() {
        return broken;
    }

    public void onBroken() {
        broken = true;
    }

    public void onServed(List<X509Certificate> served, byte @Nullable [] response) {
        chain = served;
        staple = response == null || response.length == 0 ? null : new EncodedStaple(response);
    }

    public void onClientCertificateAsked() {
        clientCertificateAsked = true;
    }

    /** Accepts every chain, and keeps it. */
    public X509ExtendedTrustManager trustManager() {
        return new CapturingTrust();
    }

    /** Shows the given identity, or none, and notes that it was asked. */
    public X509ExtendedKeyManager keyManager(@Nullable X509ExtendedKeyManager identity) {
        return new AskedKeys(identity);
    }

    private final class CapturingTrust extends ClientSideTrust {

        @Override
        public void checkServerTrusted(X509Certificate[] served, String authType, SSLEngine engine) {
            List<byte[]> responses = engine.getHandshakeSession() instanceof ExtendedSSLSession session
                    ? session.getStatusResponses()
                    : List.of();
            onServed(List.of(served), responses.isEmpty() ? null : responses.get(0));
        }

        @Override
        public void checkServerTrusted(X509Certificate[] served, String authType, Socket socket) {
            chain = List.of(served);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] served, String authType) {
            chain = List.of(served);
        }
    }

    private final class AskedKeys extends ClientSideKeys {

        private final @Nullable X509ExtendedKeyManager identity;

        AskedKeys(@Nullable X509ExtendedKeyManager identity) {
            this.identity = identity;
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
            clientCertificateAsked = true;
            return identity == null ? null : identity.chooseEngineClientAlias(keyTypes, issuers, engine);
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            clientCertificateAsked = true;
            return identity == null ? null : identity.chooseClientAlias(keyTypes, issuers, socket);
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return identity == null ? null : identity.getClientAliases(keyType, issuers);
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            X509Certificate[] chain = identity == null ? null : identity.getCertificateChain(alias);
            clientCertificateShown |= chain != null && chain.length > 0;
            return chain;
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return identity == null ? null : identity.getPrivateKey(alias);
        }
    }
}
