package dev.pgpool.certwatch.internal.starttls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each protocol as a transcript, whole and byte by byte. */
class NegotiationTest {

    private static final HexFormat HEX = HexFormat.of();

    private static final class Talk {
        private final List<Object> ends = new ArrayList<>();
        private final EmbeddedChannel channel;
        private final boolean byteByByte;

        Talk(Negotiation negotiation, boolean byteByByte) {
            this.byteByByte = byteByByte;
            channel = new EmbeddedChannel(new NegotiationHandler(
                    negotiation,
                    failed -> ends.add(failed == null ? "TLS" : failed.finding().code())));
        }

        Talk server(byte[] bytes) {
            if (byteByByte) {
                for (byte b : bytes) {
                    channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {b}));
                }
            } else {
                channel.writeInbound(Unpooled.wrappedBuffer(bytes));
            }
            return this;
        }

        Talk server(String text) {
            return server(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        Talk client(String expected) {
            assertThat(new String(sent(), StandardCharsets.ISO_8859_1)).isEqualTo(expected);
            return this;
        }

        byte[] sent() {
            ByteBuf all = Unpooled.buffer();
            for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
                all.writeBytes(out);
                out.release();
            }
            byte[] bytes = new byte[all.readableBytes()];
            all.readBytes(bytes);
            all.release();
            return bytes;
        }

        Talk hangUp() {
            channel.close();
            return this;
        }

        void ends(Object outcome) {
            assertThat(ends).containsExactly(outcome);
            assertThat(sent()).isEmpty();
            channel.finishAndReleaseAll();
        }
    }

    private static Talk talk(String url, boolean byteByByte) {
        @Nullable Negotiation negotiation = Negotiations.of((Endpoint) CertTarget.parse(url));
        return new Talk(java.util.Objects.requireNonNull(negotiation), byteByByte);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void smtp(boolean slow) {
        talk("smtp+starttls://mail", slow)
                .server("220-mail\r\n220 ESMTP\r\n")
                .client("EHLO pgpool-certwatch.invalid\r\n")
                .server("250-mail\r\n250-SIZE 1\r\n250 starttls\r\n")
                .client("STARTTLS\r\n")
                .server("220 go\r\n")
                .ends("TLS");
        talk("smtp+starttls://mail", slow)
                .server("220 mail\r\n")
                .client("EHLO pgpool-certwatch.invalid\r\n")
                .server("250-mail\r\n250 SIZE 1\r\n")
                .ends(FindingCode.TLS_UNAVAILABLE);
        talk("smtp+starttls://mail", slow).server("554 no\r\n").ends(FindingCode.STARTTLS_PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void imapPop3AndFtp(boolean slow) {
        talk("imap+starttls://mail", slow)
                .server("* OK ready\r\n")
                .client("c1 STARTTLS\r\n")
                .server("* CAPABILITY X\r\nc1 OK go\r\n")
                .ends("TLS");
        talk("imap+starttls://mail", slow)
                .server("* OK ready\r\n")
                .client("c1 STARTTLS\r\n")
                .server("c1 BAD what\r\n")
                .ends(FindingCode.TLS_UNAVAILABLE);
        talk("pop3+starttls://mail", slow)
                .server("+OK\r\n")
                .client("STLS\r\n")
                .server("+OK\r\n")
                .ends("TLS");
        talk("pop3+starttls://mail", slow)
                .server("+OK\r\n")
                .client("STLS\r\n")
                .server("-ERR\r\n")
                .ends(FindingCode.TLS_UNAVAILABLE);
        talk("ftp+starttls://files", slow)
                .server("220-hello\r\n free text\r\n220 ready\r\n")
                .client("AUTH TLS\r\n")
                .server("234 go\r\n")
                .ends("TLS");
        talk("ftp+starttls://files", slow)
                .server("220 ready\r\n")
                .client("AUTH TLS\r\n")
                .server("502 no\r\n")
                .ends(FindingCode.TLS_UNAVAILABLE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ldap(boolean slow) {
        Talk good = talk("ldap+starttls://directory", slow);
        assertThat(HEX.formatHex(good.sent()))
                .isEqualTo("301d02010177188016"
                        + HEX.formatHex("1.3.6.1.4.1.1466.20037".getBytes(StandardCharsets.US_ASCII)));
        good.server(HEX.parseHex("300c02010178070a010004000400")).ends("TLS");
        Talk refused = talk("ldap+starttls://directory", slow);
        refused.sent();
        refused.server(HEX.parseHex("3084000000100201017884000000070a010204000400"))
                .ends(FindingCode.TLS_UNAVAILABLE);
        Talk other = talk("ldap+starttls://directory", slow);
        other.sent();
        other.server("HTTP/1.1 400\r\n").ends(FindingCode.STARTTLS_PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mysql(boolean slow) {
        String greeting = "0a" + "382e3000" + "01000000" + "0102030405060708" + "00";
        Talk good = talk("mysql://db", slow).server(packet(greeting + "ffff"));
        assertThat(HEX.formatHex(good.sent())).isEqualTo("20000001" + "008a0000" + "00000001" + "21" + "00".repeat(23));
        good.ends("TLS");
        talk("mysql://db", slow).server(packet(greeting + "fff7")).ends(FindingCode.TLS_UNAVAILABLE);
        talk("mysql://db", slow)
                .server(packet("ff1004" + HEX.formatHex("Too many connections".getBytes(StandardCharsets.US_ASCII))))
                .ends(FindingCode.STARTTLS_PROTOCOL_ERROR);
    }

    private static byte[] packet(String hex) {
        byte[] body = HEX.parseHex(hex);
        ByteBuf buffer =
                Unpooled.buffer().writeMediumLE(body.length).writeByte(0).writeBytes(body);
        byte[] all = new byte[buffer.readableBytes()];
        buffer.readBytes(all).release();
        return all;
    }

    @Test
    void postgres() {
        for (Object[] answer : new Object[][] {
            {"S", "TLS"},
            {"N", FindingCode.TLS_UNAVAILABLE},
            {"E", FindingCode.STARTTLS_PROTOCOL_ERROR},
            {"H", FindingCode.STARTTLS_PROTOCOL_ERROR},
            {"Sx", FindingCode.STARTTLS_PROTOCOL_ERROR}
        }) {
            Talk talk = talk("postgres://db", false);
            assertThat(talk.sent()).containsExactly(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f);
            talk.server((String) answer[0]).ends(answer[1]);
        }
        Talk gone = talk("postgres://db", false);
        gone.sent();
        gone.hangUp().ends(FindingCode.STARTTLS_PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tunnel(boolean slow) {
        Endpoint endpoint = CertTarget.tls("2001:db8::1", 443);
        Talk good = new Talk(Negotiations.tunnel(HttpProxy.of("proxy", 3128, "u", "p".toCharArray()), endpoint), slow);
        good.client(
                        "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n")
                .server("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
                .ends("TLS");
        Talk refused = new Talk(Negotiations.tunnel(HttpProxy.of("proxy", 3128), endpoint), slow);
        refused.sent();
        refused.server("HTTP/1.1 407 Authentication Required\r\n").ends(FindingCode.PROXY_FAILED);
    }

    @Test
    void endlessLinesAndEndlessChatterAreCutOff() {
        talk("smtp+starttls://mail", false).server("2".repeat(5000)).ends(FindingCode.STARTTLS_PROTOCOL_ERROR);
        Talk imap = talk("imap+starttls://mail", false).server("* OK\r\n").client("c1 STARTTLS\r\n");
        imap.server("* more\r\n".repeat(10_000)).ends(FindingCode.STARTTLS_PROTOCOL_ERROR);
    }

    @Test
    void noBytesMakeANegotiationThrowAnythingElse() {
        Random random = new Random(42);
        String[] urls = {
            "smtp+starttls://h",
            "imap+starttls://h",
            "pop3+starttls://h",
            "ftp+starttls://h",
            "ldap+starttls://h",
            "mysql://h",
            "postgres://h"
        };
        for (int i = 0; i < 7000; i++) {
            Talk talk = talk(urls[i % urls.length], i % 3 == 0);
            talk.sent();
            byte[] bytes = new byte[random.nextInt(60)];
            random.nextBytes(bytes);
            if (i % 2 == 0 && bytes.length > 5) {
                byte[] start = {0x30, (byte) (bytes.length - 2), 2, 1, 1};
                System.arraycopy(start, 0, bytes, 0, 5);
            }
            talk.server(bytes).hangUp();
            assertThat(talk.ends).hasSize(1);
            talk.channel.checkException();
            talk.channel.finishAndReleaseAll();
        }
    }
}
