package dev.pgpool.certwatch.connect;

import static dev.pgpool.certwatch.finding.FindingCode.CLOCK_SUSPECT;
import static dev.pgpool.certwatch.finding.FindingCode.PROXY_FAILED;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import dev.pgpool.certwatch.target.Protocol;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes through an HTTP proxy, and what peers say about the time. */
class ProxyAndClockIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle LEAF = Pki.leaf("localhost", ROOT, Duration.ofDays(300));
    private static final String OK = "HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n";

    /** A proxy that answers in the given pieces, each a segment of its own, and then passes everything on. */
    private static TlsPeer proxy(int port, List<String> heads, String... pieces) {
        return TlsPeer.raw((socket, in, out) -> {
            heads.add(head(in));
            socket.setTcpNoDelay(true);
            for (String piece : pieces) {
                out.write(piece.getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
            }
            try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
                Thread back = new Thread(() -> pass(server, out));
                back.setDaemon(true);
                back.start();
                in.transferTo(server.getOutputStream());
                server.shutdownOutput();
                back.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        });
    }

    private static void pass(Socket server, OutputStream out) {
        try {
            server.getInputStream().transferTo(out);
            out.close();
        } catch (IOException e) {
            // one of the two is gone, as tests end
            Thread.currentThread().interrupt();
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        return head.toString();
    }

    @Test
    void theAnswerOfAProxyMayComeInAnyNumberOfSegments() {
        List<String> heads = new CopyOnWriteArrayList<>();
        String[] letters = OK.split("");
        try (TlsPeer server = TlsPeer.tls(LEAF);
                TlsPeer whole = proxy(server.port(), heads, OK);
                TlsPeer split = proxy(server.port(), heads, letters)) {
            for (TlsPeer proxy : List.of(whole, split)) {
                CertReport report = probeAt(
                        CertTarget.tls("db.internal", 6432)
                                .withServerName("localhost")
                                .through(HttpProxy.of("127.0.0.1", proxy.port(), "u", "p".toCharArray())),
                        ROOT);
                assertThat(report.findings()).isEmpty();
                assertThat(report.expiry().verified()).isNotNull();
                assertThat(report.addresses())
                        .extracting(AddressResult::address)
                        .containsExactly("proxy 127.0.0.1:" + proxy.port());
            }
        }
        assertThat(heads)
                .hasSize(2)
                .allSatisfy(head -> assertThat(head)
                        .startsWith("CONNECT db.internal:6432 HTTP/1.1\r\n")
                        .contains("Proxy-Authorization: Basic dTpw\r\n"));
    }

    @Test
    void aGreetingInOneSegmentWithTheAnswerOfTheProxyIsRead() {
        List<String> heads = new CopyOnWriteArrayList<>();
        TlsPeer.Preamble mail = (socket, in, out) -> {
            // The proxy has said the greeting for us.
            line(in);
            out.write("250-mail\r\n250 STARTTLS\r\n".getBytes(StandardCharsets.US_ASCII));
            line(in);
            out.write("220 go\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            return true;
        };
        try (TlsPeer server = TlsPeer.startTls(mail, LEAF);
                TlsPeer proxy = proxy(server.port(), heads, OK + "220 mail ESMTP\r\n")) {
            Endpoint target =
                    Endpoint.of(Protocol.SMTP, "localhost", 25).through(HttpProxy.of("127.0.0.1", proxy.port()));
            assertThat(probeAt(target, ROOT).findings()).isEmpty();
        }
    }

    private static void line(InputStream in) throws IOException {
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {}
    }

    @Test
    void bytesBehindTheAnswerOfAProxyAreNoPartOfTls() {
        try (TlsPeer server = TlsPeer.tls(LEAF);
                TlsPeer proxy = proxy(server.port(), new CopyOnWriteArrayList<>(), OK + "x")) {
            CertReport report =
                    probeAt(CertTarget.tls("localhost", 443).through(HttpProxy.of("127.0.0.1", proxy.port())), ROOT);
            assertThat(codes(report)).containsExactly(PROXY_FAILED);
            assertThat(report.findings().get(0).message()).contains("1 unencrypted bytes");
        }
    }

    @Test
    void aProxyThatRefusesOrIsGoneIsNamed() {
        try (TlsPeer refusing = TlsPeer.raw((socket, in, out) -> {
            head(in);
            out.write("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            return false;
        })) {
            CertReport report = probeAt(
                    CertTarget.tls("localhost", 443)
                            .through(HttpProxy.of("127.0.0.1", refusing.port(), "u", "hunter2".toCharArray())),
                    ROOT);
            assertThat(codes(report)).containsExactly(PROXY_FAILED);
            assertThat(report.findings().get(0).message()).contains("407").doesNotContain("hunter2");
        }
        TlsPeer gone = TlsPeer.raw((socket, in, out) -> false);
        gone.close();
        CertReport report =
                probeAt(CertTarget.tls("localhost", 443).through(HttpProxy.of("127.0.0.1", gone.port())), ROOT);
        assertThat(codes(report)).containsExactly(PROXY_FAILED);
        assertThat(report.findings().get(0).message()).contains("connection refused");
    }

    @Test
    void theNextAddressOfAProxyIsTriedIfOneIsGone() {
        try (TlsPeer server = TlsPeer.tls(LEAF);
                TlsPeer proxy = proxy(server.port(), new CopyOnWriteArrayList<>(), OK)) {
            CertReport report = probeAt(
                    CertTarget.tls("localhost", 443).through(HttpProxy.of("proxy.internal", proxy.port())),
                    patient()
                            .trust(trust(ROOT))
                            .resolver(host ->
                                    List.of(InetAddress.getByName("127.0.0.99"), InetAddress.getByName("127.0.0.1"))));
            assertThat(report.findings()).isEmpty();
            assertThat(report.addresses()).hasSize(1);
        }
    }

    private static CertReport probeWithClock(int port, Duration offset) {
        Clock clock = Clock.offset(Clock.system(ZoneOffset.UTC), offset);
        return probeAt(
                (Endpoint) CertTarget.parse("https://127.0.0.1:" + port + "?sni=localhost"),
                patient().trust(trust(ROOT)).checkClock(true).clock(clock));
    }

    @Test
    void aWrongClockOfThisMachineIsSeenAndNeverSilencesAnAlarm() throws Exception {
        X509Bundle sixDays = Pki.leaf("localhost", ROOT, Duration.ofDays(6));
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(sixDays.toKeyManagerFactory().getKeyManagers(), null, null);
        HttpsServer web = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        web.setHttpsConfigurator(new HttpsConfigurator(tls));
        web.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        web.start();
        try {
            int port = web.getAddress().getPort();
            CertReport right = probeWithClock(port, Duration.ZERO);
            assertThat(codes(right)).containsExactly(FindingCode.EXPIRING_CRITICAL);
            assertThat(right.clockOffset()).isBetween(Duration.ofMinutes(-1), Duration.ofMinutes(1));

            // behind: the peer's time counts, by which there are six days and not eight
            CertReport behind = probeWithClock(port, Duration.ofDays(-2));
            assertThat(codes(behind)).contains(CLOCK_SUSPECT);
            assertThat(behind.clockOffset())
                    .isBetween(
                            Duration.ofDays(2).minusMinutes(1),
                            Duration.ofDays(2).plusMinutes(1));
            assertThat(behind.findings())
                    .anySatisfy(finding -> assertThat(finding.message()).contains("behind"));
            assertThat(behind.has(FindingCode.EXPIRING_CRITICAL)).isTrue();

            // ahead: our own clock counts, which alarms earlier
            CertReport ahead = probeWithClock(port, Duration.ofDays(9));
            assertThat(codes(ahead)).contains(CLOCK_SUSPECT, FindingCode.EXPIRED);
            assertThat(ahead.success()).isFalse();
        } finally {
            web.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2015 00:00:00 GMT\r\nAge: AGE\r\n\r\n",
                "HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n",
                "HTTP/1.1 500 No\r\n\r\n",
                "nonsense"
            })
    void anAnswerThatTellsNoTimeIsNoEvidence(String answer) {
        long age = Duration.between(java.time.Instant.parse("2015-01-01T00:00:00Z"), Pki.NOW)
                .toSeconds();
        try (TlsPeer peer = TlsPeer.tls(LEAF).answering(answer.replace("AGE", "" + age))) {
            CertReport report = probeWithClock(peer.port(), Duration.ZERO);
            assertThat(report.findings()).isEmpty();
            assertThat(report.success()).isTrue();
        }
    }

    @Test
    void thePeersHostAndPortAreAskedFor() {
        List<String> asked = new CopyOnWriteArrayList<>();
        try (TlsPeer peer = TlsPeer.tls(LEAF).answering("HTTP/1.1 200 OK\r\n\r\n", asked::add)) {
            probeWithClock(peer.port(), Duration.ZERO);
            assertThat(asked)
                    .singleElement()
                    .asString()
                    .startsWith("HEAD / HTTP/1.1\r\nHost: localhost:" + peer.port() + "\r\n");
        }
    }
}
