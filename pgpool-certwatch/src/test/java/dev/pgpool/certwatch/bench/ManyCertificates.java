package dev.pgpool.certwatch.bench;

import dev.pgpool.certwatch.fixture.Pki;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A TLS server with another certificate for each name that it is asked for, under one intermediate: {@code caFile}. Prints
 * its port; for measuring what a watch keeps of many different certificates.
 */
public final class ManyCertificates {

    private ManyCertificates() {}

    public static void main(String[] args) throws Exception {
        X509Bundle root = Pki.root("Root");
        X509Bundle issuer = Pki.intermediate("Intermediate", root);
        Files.writeString(Path.of(args[0]), Pki.pem(Pki.chain(root)));
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(new KeyManager[] {new ByName(issuer)}, null, null);
        SSLServerSocket listener = (SSLServerSocket)
                tls.getServerSocketFactory().createServerSocket(0, 4096, InetAddress.getByName("0.0.0.0"));
        ExecutorService threads = Executors.newFixedThreadPool(32);
        PrintStream out = System.out;
        out.println(listener.getLocalPort());
        out.flush();
        while (true) {
            SSLSocket socket = (SSLSocket) listener.accept();
            threads.execute(() -> serve(socket));
        }
    }

    private static void serve(SSLSocket socket) {
        try (socket) {
            socket.setSoTimeout(30_000);
            socket.getInputStream().read();
        } catch (IOException e) {
            // a probe that leaves
            Thread.currentThread().isInterrupted();
        }
    }

    private static final class ByName extends X509ExtendedKeyManager {

        private final X509Bundle issuer;
        private final X509Bundle first;
        private final Map<String, X509Certificate[]> chains = new ConcurrentHashMap<>();

        ByName(X509Bundle issuer) {
            this.issuer = issuer;
            this.first = leaf("first.example.org");
        }

        private X509Bundle leaf(String name) {
            return Pki.leaf(
                    name,
                    issuer,
                    Pki.NOW.minus(Duration.ofDays(10)),
                    Pki.NOW.plus(Duration.ofDays(190)),
                    b -> first == null ? b : b.keyPair(first.getKeyPair()));
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            if (!keyType.startsWith("EC") || !(socket instanceof SSLSocket tls)) {
                return null;
            }
            List<SNIServerName> asked = ((ExtendedSSLSession) tls.getHandshakeSession()).getRequestedServerNames();
            return asked.isEmpty()
                    ? "first.example.org"
                    : new String(asked.get(0).getEncoded(), StandardCharsets.US_ASCII);
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chains.computeIfAbsent(
                    alias, name -> new X509Certificate[] {leaf(name).getCertificate(), issuer.getCertificate()});
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return first.getKeyPair().getPrivate();
        }

        @Override
        public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[0];
        }

        @Override
        public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[0];
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }
    }
}
