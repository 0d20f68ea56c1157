package dev.pgpool.benchmarks.compare;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Encrypts a client's socket as PostgreSQL wants it, and believes every certificate. */
final class TrustingTls {
    private static final int SSL_REQUEST = 80877103;
    private static final SSLContext CONTEXT = context();

    private TrustingTls() {}

    static Socket over(Socket plain, int port) throws IOException {
        DataOutputStream out = new DataOutputStream(plain.getOutputStream());
        out.writeLong(8L << 32 | SSL_REQUEST);
        if (plain.getInputStream().read() != 'S') {
            plain.close();
            throw new IOException("no TLS");
        }
        SSLSocket socket = (SSLSocket) CONTEXT.getSocketFactory().createSocket(plain, "localhost", port, true);
        socket.startHandshake();
        return socket;
    }

    private static SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Trusting()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Trusting implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
