package dev.pgpool.core.internal.tls;

import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/**
 * What a finished handshake has settled.
 *
 * @param protocol such as {@code TLSv1.3}
 * @param cipherSuite in the words of the JDK
 * @param serverCertificate the leaf that the server of this connection has shown: ours towards clients, PostgreSQL's
 *     towards servers; null if it is not known
 * @param peer the certificate that the other side has shown <em>and</em> that was verified against our trust; null if it
 *     showed none, or if nothing was verified
 */
public record TlsSession(
        String protocol,
        String cipherSuite,
        @Nullable X509Certificate serverCertificate,
        @Nullable PeerCertificate peer) {

    /** The same with a certificate that was verified meanwhile. */
    TlsSession verified(PeerCertificate certificate) {
        return new TlsSession(protocol, cipherSuite, serverCertificate, certificate);
    }

    /** The same with nothing verified. */
    TlsSession unverified() {
        return peer == null ? this : new TlsSession(protocol, cipherSuite, serverCertificate, null);
    }
}
