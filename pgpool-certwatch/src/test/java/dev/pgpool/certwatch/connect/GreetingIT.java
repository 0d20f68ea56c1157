package dev.pgpool.certwatch.connect;

import static dev.pgpool.certwatch.fixture.Probes.PATIENCE;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Protocol;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that greet in the moment of the connection: not one greeting is lost, however many connections there are. */
class GreetingIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle LEAF = Pki.leaf("localhost", ROOT, Duration.ofDays(300));
    private static final int LOOKS = 100;

    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"SMTP", "IMAP", "POP3", "FTP", "MYSQL"})
    void aGreetingThatComesAtOnceIsNeverLost(Protocol protocol) throws Exception {
        TlsPeer.Preamble preamble = (socket, in, out) -> {
            out.write(greeting(protocol));
            out.flush();
            return converse(protocol, in, out);
        };
        try (TlsPeer peer = TlsPeer.startTls(preamble, LEAF)) {
            CertWatchBuilder builder = patient()
                    .trust(trust(ROOT))
                    .negotiateTimeout(Duration.ofSeconds(15))
                    .maxPerHost(LOOKS)
                    .firstSweep(Duration.ofMinutes(30));
            for (int i = 0; i < LOOKS; i++) {
                builder.target(Endpoint.of(protocol, "127.0.0.1", peer.port())
                        .withServerName("localhost")
                        .named("look-" + i));
            }
            try (CertWatch watch = builder.build()) {
                watch.start();
                CertSnapshot snapshot = watch.checkNow().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThat(snapshot.reports())
                        .hasSize(LOOKS)
                        .allSatisfy(report -> assertThat(report.findings()).isEmpty());
            }
        }
    }

    private static byte[] greeting(Protocol protocol) {
        return switch (protocol) {
            case SMTP -> ascii("220-mail.example.org\r\n220 ready\r\n");
            case IMAP -> ascii("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n");
            case POP3 -> ascii("+OK ready\r\n");
            case FTP -> ascii("220 ready\r\n");
            case MYSQL -> mysql();
            default -> throw new IllegalArgumentException(protocol.name());
        };
    }

    private static boolean converse(Protocol protocol, InputStream in, java.io.OutputStream out) throws IOException {
        if (protocol == Protocol.MYSQL) {
            return in.readNBytes(36).length == 36;
        }
        List<String> answers = switch (protocol) {
            case SMTP -> List.of("250-here\r\n250 STARTTLS\r\n", "220 go\r\n");
            case IMAP -> List.of("c1 OK go\r\n");
            case POP3 -> List.of("+OK go\r\n");
            default -> List.of("234 go\r\n");
        };
        for (String answer : answers) {
            int c = in.read();
            while (c >= 0 && c != '\n') {
                c = in.read();
            }
            if (c < 0) {
                return false;
            }
            out.write(ascii(answer));
            out.flush();
        }
        return true;
    }

    private static byte[] mysql() {
        byte[] body = new byte[1 + 4 + 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10];
        body[0] = 10;
        System.arraycopy(ascii("8.0"), 0, body, 1, 3);
        // capabilities: CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION
        body[18] = 0;
        body[19] = (byte) 0x8a;
        byte[] packet = new byte[4 + body.length];
        packet[0] = (byte) body.length;
        System.arraycopy(body, 0, packet, 4, body.length);
        return packet;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
