package dev.pgpool.certwatch.connect;

import static dev.pgpool.certwatch.finding.FindingCode.ADDRESS_UNREACHABLE;
import static dev.pgpool.certwatch.finding.FindingCode.CONNECT_FAILED;
import static dev.pgpool.certwatch.finding.FindingCode.CONNECT_TIMEOUT;
import static dev.pgpool.certwatch.finding.FindingCode.DNS_FAILED;
import static dev.pgpool.certwatch.finding.FindingCode.HANDSHAKE_TIMEOUT;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.ClientIdentity;
import dev.pgpool.certwatch.target.Endpoint;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each phase has a limit of its own, no target waits for another, and handshakes are computed off the event loop. */
class LimitsIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle LEAF = Pki.leaf("localhost", ROOT, Duration.ofDays(300));
    private static final Duration SHORT = Duration.ofMillis(300);

    private static final TlsPeer.Preamble SILENT = (socket, in, out) -> {
        while (in.read() >= 0) {}
        return false;
    };

    @Test
    void aNameServiceThatHangsCostsItsLimitAndHoldsUpNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AddressResolver hanging = host -> {
            if (host.startsWith("hanging")) {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new UnknownHostException(host);
            }
            return List.of(InetAddress.getLoopbackAddress());
        };
        try (TlsPeer peer = TlsPeer.tls(LEAF)) {
            CertWatchBuilder builder =
                    patient().trust(trust(ROOT)).resolver(hanging).resolveTimeout(SHORT);
            for (int i = 0; i < 100; i++) {
                builder.target(CertTarget.https("hanging-" + i));
            }
            Endpoint well = CertTarget.tls("127.0.0.1", peer.port()).withServerName("localhost");
            try (CertWatch watch = builder.target(well).build()) {
                watch.start();
                assertThat(check(watch, well.name()).findings()).isEmpty();
                CertReport hung = check(watch, "https://hanging-7");
                assertThat(codes(hung)).containsExactly(DNS_FAILED);
                assertThat(hung.findings().get(0).message()).contains("no answer of the name service");
                // the call still hangs, and no second one is begun
                assertThat(codes(check(watch, "https://hanging-7"))).containsExactly(DNS_FAILED);
            }
        } finally {
            release.countDown();
        }
    }

    @Test
    void aHostThatTakesNoConnectionCostsTheLimitOfConnecting() throws Exception {
        List<Socket> held = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fill(full, held);
            CertReport report = probeAt(
                    CertTarget.tls("127.0.0.1", full.getLocalPort()),
                    patient().trust(trust(ROOT)).connectTimeout(SHORT));
            assertThat(codes(report)).containsExactly(CONNECT_TIMEOUT);
            assertThat(report.duration()).isBetween(SHORT, Duration.ofSeconds(15));
            CertReport deadline = probeAt(
                    CertTarget.tls("127.0.0.1", full.getLocalPort()),
                    patient().trust(trust(ROOT)).deadline(SHORT));
            assertThat(codes(deadline)).containsExactly(CONNECT_TIMEOUT);
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    /** No server accepts, so at some point the kernel answers no further attempt. */
    private static void fill(ServerSocket full, List<Socket> held) throws IOException {
        while (true) {
            Socket socket = new Socket();
            held.add(socket);
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), full.getLocalPort()), 1000);
            } catch (SocketTimeoutException isFull) {
                return;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "postgres, one byte in answer to SSLRequest",
        "smtp+starttls, an SMTP greeting",
        "imap+starttls, an IMAP greeting",
        "pop3+starttls, a POP3 greeting",
        "ftp+starttls, an FTP greeting",
        "ldap+starttls, an answer to StartTLS",
        "mysql, a MySQL greeting"
    })
    void aServerThatSaysNothingCostsTheLimitOfNegotiating(String scheme, String expectation) {
        try (TlsPeer peer = TlsPeer.raw(SILENT)) {
            CertReport report = probeAt(
                    (Endpoint) CertTarget.parse(scheme + "://127.0.0.1:" + peer.port()),
                    patient().trust(trust(ROOT)).negotiateTimeout(SHORT));
            assertThat(codes(report)).containsExactly(HANDSHAKE_TIMEOUT);
            assertThat(report.findings().get(0).message()).contains("never sent " + expectation);
        }
    }

    @Test
    void keysAreUsedOnWorkersAndNotOnTheEventLoop() {
        List<String> threads = new CopyOnWriteArrayList<>();
        X509Bundle client = Pki.leaf("client", ROOT, Duration.ofDays(300));
        ClientIdentity identity = ClientIdentity.of(new Watched(client, threads));
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            try (TlsPeer peer = TlsPeer.tls(LEAF).protocols(version).demandClientCertificate()) {
                Endpoint target = CertTarget.tls("127.0.0.1", peer.port()).withServerName("localhost");
                assertThat(probeAt(target.withClient(identity), ROOT).findings())
                        .isEmpty();
            }
        }
        assertThat(threads).hasSizeGreaterThanOrEqualTo(4).allMatch(name -> name.startsWith("certwatch-tls"));
    }

    /** Notes which thread asks for the key. */
    private static final class Watched extends X509ExtendedKeyManager {
        private final X509Bundle client;
        private final List<String> threads;

        Watched(X509Bundle client, List<String> threads) {
            this.client = client;
            this.threads = threads;
        }

        @Override
        public String chooseEngineClientAlias(String[] keyType, Principal[] issuers, SSLEngine engine) {
            threads.add(Thread.currentThread().getName());
            return "own";
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            threads.add(Thread.currentThread().getName());
            return client.getKeyPair().getPrivate();
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {client.getCertificate()};
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            return "own";
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return "none";
        }
    }

    /** Machines without IPv6 have another answer, and it is checked, too. */
    @Test
    void versionSixOfTheInternetProtocol() throws Exception {
        X509Bundle leaf =
                Pki.leaf("localhost", ROOT, Pki.NOW, Pki.NOW.plus(Duration.ofDays(300)), b -> b.addSanIpAddress("::1"));
        try (TlsPeer four = TlsPeer.at("127.0.0.1", 0, leaf)) {
            CertReport mixed = probeAt(
                    CertTarget.tls("localhost", four.port()),
                    patient()
                            .trust(trust(ROOT))
                            .resolver(
                                    host -> List.of(InetAddress.getByName("::1"), InetAddress.getByName("127.0.0.1"))));
            assertThat(mixed.success()).isTrue();
            assertThat(codes(mixed)).containsExactly(ADDRESS_UNREACHABLE);
            assertThat(mixed.addresses().get(1).failure()).isNull();
        }
        if (!hasVersionSix()) {
            assertThat(codes(probeAt(CertTarget.tls("::1", 443), ROOT))).containsExactly(CONNECT_FAILED);
            return;
        }
        try (TlsPeer six = TlsPeer.at("::1", 0, leaf)) {
            CertReport report = probeAt((Endpoint) CertTarget.parse("tls://[::1]:" + six.port()), ROOT);
            assertThat(report.findings()).isEmpty();
            assertThat(report.target().name()).isEqualTo("[::1]:" + six.port());
            assertThat(six.serverNames()).containsExactly("");
        }
    }

    private static boolean hasVersionSix() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
