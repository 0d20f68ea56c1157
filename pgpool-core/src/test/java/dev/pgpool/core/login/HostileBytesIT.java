package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that no honest peer sends: one clean error, a closed connection, and nobody else notices. */
@OnEveryPostgres
class HostileBytesIT {

    private final TestPostgres postgres;

    HostileBytesIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000000", // no length at all
                "00000003", // shorter than itself
                "00000007" + "000300", // too short for a version
                "ffffffff" + "00030000", // negative
                "7fffffff" + "00030000", // two gigabytes
                "00100000" + "00030000", // one megabyte, PostgreSQL takes 10,000 bytes
                "00000008" + "00020000", // protocol 2
                "00000008" + "00040000", // protocol 4
                "00000008" + "00030000", // no terminator
                "00000009" + "00030000" + "00", // no user
                "0000000d" + "00030000" + "7573657200", // a name without a value
                "00000012" + "00030000" + "7573657200" + "61707000" + "62", // not terminated
                "0000000f" + "00030000" + "7573657200" + "0000", // an empty user
                "00000009" + "04d2162f" + "00", // an SSLRequest of 9 bytes
                "474554202f20485454502f312e310d0a0d0a", // GET / HTTP/1.1
                "1603010200010001fc0303", // TLS without asking
                "51000000", // a query before the startup, cut short
                "510000000d53454c4543542031003b", // a query before the startup
                "700000000d6d64353030303030" // a password before the startup (CVE-2015-4054)
            })
    void badStartIsOneErrorAndTheEnd(String hex) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient bystander = pooler.login();
                WireClient attacker = pooler.connect()) {
            attacker.sendRaw(HexFormat.of().parseHex(hex));
            attacker.halfClose();
            assertThat(attacker.readUntilClosed())
                    .hasSizeLessThanOrEqualTo(1)
                    .allMatch(line -> line.startsWith("ErrorResponse S \"FATAL\" C \""));
            assertThat(bystander.value("SELECT 'unaffected'")).isEqualTo("unaffected");
        }
    }

    /** Silence where PostgreSQL is silent, and its SQLSTATE where it is not. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "5800000004", // Terminate
                "58000000045800000004",
                "58", // and half of it
                "51000000057300", // Query
                "00000000",
                "00000003",
                "00000007" + "000300",
                "ffffffff" + "00030000",
                "7fffffff" + "00030000",
                "00002711" + "00030000", // one byte too long
                "474554202f20485454502f312e310d0a0d0a", // GET / HTTP/1.1
                "1603010200010001fc0303",
                "00000008" + "04d2162e", // a cancel request without a key
                "0000000c" + "04d2162e" + "00000001", // half a key
                "00000008" + "00040000",
                "00000008" + "00030000",
                "00000009" + "00030000" + "00"
            })
    void badStartIsAnsweredAsByPostgres(String hex) {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (byte[] before : new byte[][] {{}, Frontend.sslRequest(), Frontend.gssEncRequest()}) {
                assertThat(sqlStates(pooler.address(), before, hex))
                        .isEqualTo(sqlStates(postgres.address(), before, hex));
            }
        }
    }

    private static List<String> sqlStates(InetSocketAddress address, byte[] before, String hex) {
        try (WireClient client = WireClient.connect(address)) {
            if (before.length > 0) {
                assertThat(client.sendRaw(before).readByte()).isEqualTo('N');
            }
            client.sendRaw(HexFormat.of().parseHex(hex));
            client.halfClose();
            return client.readUntilClosed().stream()
                    .map(line -> line.replaceAll(".* C \"(\\w+)\" .*", "$1"))
                    .toList();
        }
    }

    @Test
    void bytesBehindAnSslRequestAreNotReadAsPlaintext() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient attacker = pooler.connect()) {
            byte[] startup = Frontend.startup(
                    Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE);
            attacker.sendRaw(concat(Frontend.sslRequest(), startup));
            // without TLS there is nothing to smuggle into, but a login must not be half done either
            char answer = attacker.readByte();
            if (answer == 'N') {
                attacker.awaitLogin("");
            } else {
                assertThat(answer).isEqualTo('E');
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5100000003", // a length shorter than itself
                "5100000000",
                "51ffffffff",
                "5180000000",
                "5300000005ff", // a Sync with a body
                "5800000009" + "0102030405", // a Terminate with a body
                "2a00000004", // unknown type
                "0000000004",
                "7000000009" + "7365637200", // a password after the login
                "42000000040000", // a Bind without anything
                "4200000005ff", // names not terminated
                "420000000a" + "737373737373", // names not terminated
                "5000000008" + "73007300", // a Parse without a count
                "50000000097300730001", // half a count
                "500000000a73007300ffff", // 65,535 types that are not there
                "4400000004", // Describe of nothing
                "440000000658" + "00", // Describe of a kind that isn't
                "4300000004", // Close of nothing
                "430000000658" + "00", // Close of a kind that isn't
                "450000000500", // Execute without a number of rows
                "460000000401", // FunctionCall without a body
                "5100000004", // Query without text
                "5100000008" + "53454c45" // Query not terminated
            })
    void badMessageEndsThisClientOnly(String hex) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient bystander = pooler.login();
                WireClient attacker = pooler.login()) {
            attacker.sendRaw(HexFormat.of().parseHex(hex)).sendRaw(Frontend.sync());
            attacker.halfClose();
            assertThat(attacker.readUntilClosed())
                    .filteredOn(line -> !line.startsWith("ReadyForQuery"))
                    .hasSizeLessThanOrEqualTo(1)
                    .allMatch(line -> line.matches("ErrorResponse S \"(FATAL|ERROR)\" C \"\\w{5}\" .*"));
            assertThat(bystander.query("SELECT 'unaffected'").exchange())
                    .containsExactly(
                            "RowDescription 1 \"?column?\" 25",
                            "DataRow 1 10 'unaffected'",
                            "CommandComplete \"SELECT 1\"",
                            "ReadyForQuery I");
        }
    }

    @Test
    void lengthOfTwoGigabytesTakesNoMemory() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient bystander = pooler.login()) {
            List<WireClient> attackers = new ArrayList<>();
            for (char type : "QPBDECFdp".toCharArray()) {
                ByteBuffer head = ByteBuffer.allocate(5).put((byte) type).putInt(Integer.MAX_VALUE);
                attackers.add(pooler.login().sendRaw(head.array()).sendRaw(new byte[4096]));
            }
            pooler.pulse();
            attackers.forEach(WireClient::reset);
            assertThat(bystander.value("SELECT 'unaffected'")).isEqualTo("unaffected");
        }
    }

    @Test
    void randomBytesInPlaceOfMessages() {
        Random random = new Random(20);
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient bystander = pooler.login()) {
            for (int i = 0; i < 100; i++) {
                byte[] noise = new byte[1 + random.nextInt(200)];
                random.nextBytes(noise);
                if (random.nextBoolean()) {
                    noise = concat(
                            new byte[] {
                                (byte) "QPBDECHSFdcfp".charAt(random.nextInt(13)), 0, 0, 0, (byte) random.nextInt(30)
                            },
                            noise);
                }
                try (WireClient attacker = random.nextInt(4) == 0 ? pooler.connect() : pooler.login()) {
                    attacker.sendRaw(noise);
                    if (random.nextBoolean()) {
                        attacker.halfClose();
                        attacker.readUntilClosed();
                    }
                } catch (UncheckedIOException closedBeforeAllWasWritten) {
                    assertThat(closedBeforeAllWasWritten.getCause()).isInstanceOf(IOException.class);
                }
                assertThat(bystander.value("SELECT " + i)).isEqualTo(String.valueOf(i));
            }
        }
    }

    @Test
    void messagesBeforeAuthenticationAreRefused() {
        try (TestPooler pooler = TestPooler.withUsers(postgres, "scram-sha-256", "user1", "secret");
                WireClient attacker = pooler.connect()) {
            attacker.startup("user1", TestPostgres.DATABASE);
            attacker.query("SELECT 1").send();
            List<String> answers = attacker.readUntilClosed();
            assertThat(answers.get(0)).isEqualTo("Authentication 10");
            assertThat(answers.subList(1, answers.size()))
                    .singleElement()
                    .asString()
                    .matches("ErrorResponse S \"FATAL\" C \"(08P01|28P01|28000)\" .*");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,",
                "n,,",
                "n,,n=",
                "n,,n=,r=",
                "y,,n=,r=abc",
                "p=tls-unique,,n=,r=abc",
                "n,a=other,n=,r=abc",
                "n,,m=ext,n=,r=abc",
                "n,,r=abc,n=",
                "\u0000",
                "n,,n=,r=\u00e4\u0000"
            })
    void truncatedScramMessagesAreRefused(String initial) {
        try (TestPooler pooler = TestPooler.withUsers(postgres, "scram-sha-256", "user1", "secret");
                WireClient attacker = pooler.connect()) {
            attacker.startup("user1", TestPostgres.DATABASE);
            assertThat(attacker.read(1)).containsExactly("Authentication 10");
            attacker.queue(Frontend.saslInitialResponse("SCRAM-SHA-256", initial))
                    .queue(Frontend.saslResponse("c=biws,r=abc,p=AAAA"))
                    .send();
            assertRefused(attacker);
        }
    }

    @Test
    void oversizedScramMessagesAreRefused() {
        try (TestPooler pooler = TestPooler.withUsers(postgres, "scram-sha-256", "user1", "secret")) {
            for (byte[] message : new byte[][] {
                Frontend.saslInitialResponse("SCRAM-SHA-256", "n,,n=,r=" + "x".repeat(100_000)),
                Frontend.saslInitialResponse("X".repeat(100_000), "n,,n=,r=abc"),
                Frontend.saslInitialResponse("SCRAM-SHA-1", "n,,n=,r=abc"),
                Frontend.message('p', new byte[0]),
                Frontend.message('p', "SCRAM-SHA-256".getBytes(StandardCharsets.US_ASCII)),
                Frontend.message(
                        'p',
                        concat("SCRAM-SHA-256\0".getBytes(StandardCharsets.US_ASCII), new byte[] {0x7f, -1, -1, -1})),
            }) {
                try (WireClient attacker = pooler.connect()) {
                    attacker.startup("user1", TestPostgres.DATABASE);
                    assertThat(attacker.read(1)).containsExactly("Authentication 10");
                    attacker.sendRaw(message);
                    attacker.halfClose();
                    assertRefused(attacker);
                }
            }
        }
    }

    @Test
    void errorOfTheServerWithoutASqlStateIsPassedOn() {
        byte[] noCode = Backend.message('E', "SERROR\0Mno code\0\0".getBytes(StandardCharsets.US_ASCII));
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.login();
                    session.expect("Q").send(noCode, Backend.readyForQuery('I'));
                    session.serve();
                });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient client = pooler.login()) {
            assertThat(client.query("SELECT 1").exchange())
                    .containsExactly("ErrorResponse S \"ERROR\" M \"no code\"", "ReadyForQuery I");
            assertThat(client.value("alive")).isEqualTo("alive");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5a00000003", // ReadyForQuery shorter than itself
                "5affffffff",
                "5a0000000558", // a status that isn't
                "5a00000004", // no status
                "5a7fffffff" + "49",
                "457fffffff" + "53",
                "53000000055a", // a ParameterStatus that is not terminated
                "2a00000004", // an unknown type
                "5200000008" + "00000005" // an authentication request in the middle
            })
    void hostileServerIsClosedAndItsClientTold(String hex) {
        try (ScriptedServer server = ScriptedServer.start(
                        session -> {
                            session.login();
                            session.expect("Q").send(HexFormat.of().parseHex(hex));
                            session.awaitClose();
                        },
                        session -> {
                            session.login();
                            session.serve();
                        });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient victim = pooler.login();
                WireClient other = pooler.login()) {
            victim.query("SELECT 1").send();
            assertThat(victim.readUntilClosed())
                    .filteredOn(line -> line.startsWith("ErrorResponse S \"FATAL\" C \"08P01\""))
                    .hasSize(1);
            assertThat(other.value("fine")).isEqualTo("fine");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "52000000080000000a", // SASL without a mechanism
                "520000000a0000000a5800", // not even terminated
                "520000000700000000", // shorter than its code
                "5200000008000000ff", // an unknown request
                "527fffffff00000000",
                "5200000009" + "0000000500", // md5 with a salt of one byte
                "45000000170053464154414c00433238503031004d6e6f0000", // an ErrorResponse that begins with its end
                "485454502f312e3120343030" // HTTP/1.1 400
            })
    void hostileLoginOfTheServerIsAnErrorToTheWaitingClient(String hex) {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.send(HexFormat.of().parseHex(hex));
                });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            List<String> answers;
            Message first = client.authenticate("");
            if (first.isError()) {
                answers = List.of(first.toString());
            } else {
                client.query("SELECT 1").send();
                answers = client.readUntilClosed();
            }
            assertThat(answers).anyMatch(line -> line.matches("ErrorResponse S \"(FATAL|ERROR)\" C \"\\w{5}\" .*"));
        }
    }

    @Test
    void serverNonceThatDoesNotContinueOursIsRefused() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.send(Backend.authentication(10, "SCRAM-SHA-256\0\0".getBytes(StandardCharsets.US_ASCII)));
                    session.read();
                    session.send(Backend.authentication(
                            11, ("r=" + "z".repeat(50_000) + ",s=AAAA,i=4096").getBytes(StandardCharsets.US_ASCII)));
                    session.awaitClose();
                });
                TestPooler pooler = TestPooler.start(server, 1);
                WireClient client = pooler.connect()) {
            client.startup(TestPostgres.USER, TestPostgres.DATABASE);
            Message first = client.authenticate("");
            if (!first.isError()) {
                client.query("SELECT 1").send();
                assertThat(client.readUntilClosed()).anyMatch(line -> line.startsWith("ErrorResponse"));
            }
        }
    }

    private static void assertRefused(WireClient attacker) {
        assertThat(attacker.readUntilClosed())
                .filteredOn(line -> !line.startsWith("Authentication 11"))
                .singleElement()
                .asString()
                .matches("ErrorResponse S \"FATAL\" C \"(08P01|28P01|28000)\" .*");
    }

    private static byte[] concat(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }
}
