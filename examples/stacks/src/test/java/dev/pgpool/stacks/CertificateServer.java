package dev.pgpool.stacks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A TLS server with a certificate of its own, for CN=stack. */
final class CertificateServer implements AutoCloseable {
    private static final char[] KEY_STORE_PASSWORD = "changeit".toCharArray();

    private final SSLServerSocket socket;

    private CertificateServer(SSLServerSocket socket) {
        this.socket = socket;
    }

    static CertificateServer start(Path directory) throws Exception {
        CertificateServer server = new CertificateServer(socket(directory));
        Thread peer = new Thread(server::handshakes);
        peer.setDaemon(true);
        peer.start();
        return server;
    }

    int port() {
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void handshakes() {
        while (!socket.isClosed()) {
            try (SSLSocket peer = (SSLSocket) socket.accept()) {
                peer.startHandshake();
                peer.getInputStream().read();
            } catch (Exception closedOrRefused) {
                // the other side says what it saw
            }
        }
    }

    private static SSLServerSocket socket(Path directory) throws Exception {
        Path file = directory.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                        "-genkeypair", "-alias", "stack", "-dname", "CN=stack", "-keyalg", "EC", "-validity", "90",
                        "-ext", "san=dns:localhost", "-storetype", "PKCS12", "-keystore", file.toString(),
                        "-storepass", new String(KEY_STORE_PASSWORD))
                .inheritIO()
                .start();
        if (keytool.waitFor() != 0) {
            throw new IllegalStateException("keytool makes no certificate");
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, KEY_STORE_PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, KEY_STORE_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0);
    }
}
