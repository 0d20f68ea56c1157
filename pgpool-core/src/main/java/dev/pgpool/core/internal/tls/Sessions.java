package dev.pgpool.core.internal.tls;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What an engine says after its handshake. */
final class Sessions {
    private Sessions() {}

    /** @param verified whether the peer's certificate, if there is one, was checked */
    static TlsSession of(SSLEngine engine, @Nullable X509Certificate serverCertificate, boolean verified) {
        SSLSession session = engine.getSession();
        X509Certificate peer = verified ? peerLeaf(engine) : null;
        return new TlsSession(
                session.getProtocol(),
                session.getCipherSuite(),
                serverCertificate,
                peer == null ? null : new PeerCertificate(peer));
    }

    static @Nullable X509Certificate peerLeaf(SSLEngine engine) {
        try {
            return leaf(engine.getSession().getPeerCertificates());
        } catch (SSLPeerUnverifiedException e) {
            // it showed none
            return null;
        }
    }

    /** Empty if it showed none. */
    static X509Certificate[] peerChain(SSLEngine engine) {
        try {
            Certificate[] chain = engine.getSession().getPeerCertificates();
            return Arrays.copyOf(chain, chain.length, X509Certificate[].class);
        } catch (SSLPeerUnverifiedException e) {
            return new X509Certificate[0];
        }
    }

    static @Nullable X509Certificate ownLeaf(SSLEngine engine) {
        return leaf(engine.getSession().getLocalCertificates());
    }

    private static @Nullable X509Certificate leaf(Certificate @Nullable [] chain) {
        return chain != null && chain.length > 0 && chain[0] instanceof X509Certificate leaf ? leaf : null;
    }
}
