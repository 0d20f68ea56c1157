package dev.pgpool.core.internal.auth;

import static dev.pgpool.core.internal.auth.Steps.saslInitial;
import static dev.pgpool.core.internal.auth.Steps.text;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a peer sends ends in a verdict or in the one exception, and never in being let in. */
class HostilePeerTest {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Credential PLAIN = new Credential.Plain("secret");
    private static final String FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private static final String PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    private final KeyDeriver deriver = new CountingPbkdf2().deriver();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|expected at offset 0",
                "n|expected at offset 0",
                "x,,n=,r=a|expected at offset 0",
                "p=tls-server-end-point,,n=,r=a|channel binding",
                "n,a=admin,n=,r=a|authorization identity",
                "n,x,n=,r=a|expected at offset 2",
                "n,,m=ext,n=,r=a|unsupported SCRAM extension",
                "n,,r=a|\"n=\" expected",
                "n,,n=|\"r=\" expected",
                "n,,n=,r=|nonce",
                "n,,n=,r=a b|nonce",
                "n,,n=,r=a\u0007b|nonce",
                "n,,n=,r=a,?|attribute expected",
                "n,,n=,r=a,x|\"x=\" expected",
                "n,,n=,r=a\0b|zero byte"
            })
    void aMalformedFirstMessageIsNamed(String first, String why) {
        var client = scram(PLAIN);
        assertThatThrownBy(() -> Steps.respond(client, saslInitial("SCRAM-SHA-256", first)))
                .isInstanceOf(AuthenticationProtocolException.class)
                .hasMessageContaining(why);
        // And it is over.
        assertThatThrownBy(() -> Steps.respond(client, saslInitial("SCRAM-SHA-256", FIRST)))
                .hasMessage("unexpected password message");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "c=eSws,r=NONCE,p=PROOF|channel-binding",
                "c=biwsAAAA,r=NONCE,p=PROOF|channel-binding",
                "c=,r=NONCE,p=PROOF|not Base64",
                "c=biws,r=NONCEx,p=PROOF|nonce does not match",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=PROOF|nonce does not match",
                "c=biws,r=,p=PROOF|nonce does not match",
                "c=biws,r=NONCE|\"p=\" expected",
                "c=biws,r=NONCE,p=|not Base64",
                "c=biws,r=NONCE,p=AAAA|proof of 3 bytes",
                "c=biws,r=NONCE,p=PROOF,x=y|garbage",
                "c=biws,r=NONCE,p=AAAAPROOF|proof of 35 bytes",
                "r=NONCE,c=biws,p=PROOF|\"c=\" expected"
            })
    void aMalformedLastMessageIsNamed(String last, String why) {
        var client = scram(PLAIN);
        String message = last.replace("NONCE", start(client)).replace("PROOF", PROOF);
        assertThatThrownBy(() -> Steps.respond(client, text(message)))
                .isInstanceOf(AuthenticationProtocolException.class)
                .hasMessageContaining(why);
    }

    @Test
    void extensionsAreIgnoredAndSigned() {
        var client = scram(PLAIN);
        String nonce = start(client);
        assertThat(Steps.respond(client, text("c=biws,r=" + nonce + ",x=y,p=" + PROOF))
                        .verdict())
                .isEqualTo(Verdict.REJECTED);
    }

    @Test
    void anotherMechanismIsRefused() {
        assertThatThrownBy(() -> Steps.respond(scram(PLAIN), saslInitial("SCRAM-SHA-256-PLUS", FIRST)))
                .hasMessageContaining("invalid SASL authentication mechanism \"SCRAM-SHA-256-PLUS\"");
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, -1, 0, 31, 33, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aWrongLengthInTheFirstMessageIsRefused(int length) {
        byte[] body = saslInitial("SCRAM-SHA-256", FIRST);
        assertThat(FIRST).hasSize(32);
        ByteBuffer.wrap(body).putInt(14, length);
        assertThatThrownBy(() -> Steps.respond(scram(PLAIN), body)).isInstanceOf(AuthenticationProtocolException.class);
    }

    @Test
    void overlongMessagesAreRefusedBeforeTheyAreRead() {
        String longest = "n,,n=,r=" + "x".repeat(1024 - 18 - 8);
        assertThat(Steps.respond(scram(PLAIN), saslInitial("SCRAM-SHA-256", longest))
                        .verdict())
                .isEqualTo(Verdict.CONTINUE);
        assertThatThrownBy(() -> Steps.respond(scram(PLAIN), saslInitial("SCRAM-SHA-256", longest + "x")))
                .hasMessage("SASL response has 1025 bytes (expected: at most 1024)");
        var client = scram(PLAIN);
        start(client);
        assertThatThrownBy(() -> Steps.respond(client, new byte[4096])).hasMessageContaining("at most 2048");
        var password = new ClientAuthenticator(ClientAuthentication.PASSWORD, "u", PLAIN, RANDOM, deriver);
        Steps.begin(password);
        assertThatThrownBy(() -> Steps.respond(password, new byte[65_536])).hasMessageContaining("at most 65535");
    }

    @Test
    void aClientWithTheLongestNonceCanStillLogIn() {
        var client = scram(PLAIN);
        var scram = new ScramClient("", "x".repeat(1024 - 18 - 8));
        var answer = Steps.respond(client, saslInitial("SCRAM-SHA-256", new String(scram.first(), ISO_8859_1)));
        var first = scram.read(text(Steps.payload(11, answer.message())));
        ScramKeys keys = deriver.derive("secret", first.saltBytes(), first.iterations());
        assertThat(Steps.respond(client, scram.last(first, keys)).verdict()).isEqualTo(Verdict.ACCEPTED);
    }

    @ParameterizedTest
    @EnumSource(names = {"PASSWORD", "MD5"})
    void aPasswordMustBeOneCString(ClientAuthentication method) {
        for (String body : List.of("", "secret", "sec\0ret\0", "secret\0\0", "\0x")) {
            var client = new ClientAuthenticator(method, "u", PLAIN, RANDOM, deriver);
            Steps.begin(client);
            assertThatThrownBy(() -> Steps.respond(client, text(body)))
                    .isInstanceOfSatisfying(
                            AuthenticationProtocolException.class,
                            e -> assertThat(e.sqlState()).isEqualTo("08P01"))
                    .hasMessage("invalid password packet size");
        }
    }

    @Test
    void noPrefixOfAnyMessageLetsAnybodyIn() {
        for (Credential credential : new @Nullable Credential[] {PLAIN, null}) {
            byte[] initial = saslInitial("SCRAM-SHA-256", FIRST);
            for (int end = 0; end < initial.length; end++) {
                byte[] prefix = Arrays.copyOf(initial, end);
                assertThatThrownBy(() -> Steps.respond(scram(credential), prefix))
                        .isInstanceOf(AuthenticationProtocolException.class);
            }
        }
        int length = ("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=" + PROOF).length() + 24;
        for (int end = 0; end < length; end++) {
            var client = scram(PLAIN);
            byte[] last = text("c=biws,r=" + start(client) + ",p=" + PROOF);
            assertThat(last).hasSize(length);
            byte[] prefix = Arrays.copyOf(last, end);
            assertThatThrownBy(() -> Steps.respond(client, prefix)).isInstanceOf(AuthenticationProtocolException.class);
        }
        String[][] exchange = serverMessages();
        for (String[] message : exchange) {
            byte[] body = Steps.request(Integer.parseInt(message[0]), message[1]);
            for (int end = 0; end < body.length; end++) {
                ServerAuthenticator server = serverAt(Integer.parseInt(message[0]));
                byte[] prefix = Arrays.copyOf(body, end);
                // A number can be cut short and remain one: that exchange ends when the signature is wrong.
                boolean iterations = message[0].equals("11") && message[1].indexOf(",i=") + 7 < end;
                if (iterations) {
                    assertThat(Steps.authenticate(server, prefix)).isNotEmpty();
                } else {
                    assertThatThrownBy(() -> Steps.authenticate(server, prefix))
                            .isInstanceOf(AuthenticationProtocolException.class);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noMutationLetsAnybodyInOrEscapes(long seed) {
        var random = new Random(seed);
        String[][] serverMessages = serverMessages();
        for (int i = 0; i < 20_000; i++) {
            var client = scram(random.nextBoolean() ? PLAIN : null);
            byte[] initial = mutated(saslInitial("SCRAM-SHA-256", FIRST), random, random.nextInt(3));
            try {
                var answer = Steps.respond(client, initial);
                assertThat(answer.verdict()).isEqualTo(Verdict.CONTINUE);
                String serverFirst = new String(answer.message(), ISO_8859_1);
                int end = serverFirst.indexOf(',');
                String nonce = end < 0 ? "" : serverFirst.substring(serverFirst.indexOf("r=") + 2, end);
                byte[] last = mutated(text("c=biws,r=" + nonce + ",p=" + PROOF), random, random.nextInt(3));
                assertThat(Steps.respond(client, last).verdict()).isNotEqualTo(Verdict.ACCEPTED);
            } catch (AuthenticationProtocolException expected) {
                assertThat(expected.sqlState()).isIn("08P01", "0A000");
            }
            String[] message = serverMessages[random.nextInt(serverMessages.length)];
            int code = Integer.parseInt(message[0]);
            byte[] body = mutated(Steps.request(code, message[1]), random, 1 + random.nextInt(3));
            ServerAuthenticator server = serverAt(code);
            assertThatCode(() -> Steps.needsOffload(server, body)).doesNotThrowAnyException();
            boolean ok = Arrays.equals(body, new byte[4]) && code <= 10;
            try {
                assertThat(Steps.letsUsIn(server, body)).isEqualTo(ok);
            } catch (AuthenticationProtocolException expected) {
                assertThat(ok).isFalse();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void anyPasswordCanBeDerived(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            var password = new StringBuilder();
            for (int length = 1 + random.nextInt(6); length > 0; length--) {
                int codePoint = random.nextBoolean() ? random.nextInt(0x300) : random.nextInt(0x110000);
                password.appendCodePoint(codePoint == 0 ? 1 : codePoint);
            }
            if (deriver.derive(password.toString(), new byte[16], 1).clientProof(new byte[1]).length != 32) {
                fail("no keys");
            }
        }
    }

    private static byte[] mutated(byte[] message, Random random, int times) {
        byte[] result = message.clone();
        for (int i = 0; i < times; i++) {
            int at = random.nextInt(result.length);
            switch (random.nextInt(4)) {
                case 0 -> result[at] = (byte) random.nextInt(256);
                case 1 -> result[at] = (byte) ",=nrcspivem\0\r".charAt(random.nextInt(13));
                case 2 -> result = Arrays.copyOf(result, Math.max(1, at));
                default -> {
                    byte[] longer = Arrays.copyOf(result, result.length + 1 + random.nextInt(40));
                    System.arraycopy(result, at, longer, longer.length - (result.length - at), result.length - at);
                    result = longer;
                }
            }
        }
        return result;
    }

    private static String[][] serverMessages() {
        return new String[][] {
            {"3", ""},
            {"5", "salt"},
            {"10", "SCRAM-SHA-256\0\0"},
            {"11", "r=noncexyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"},
            {"12", "v=" + PROOF}
        };
    }

    /** At the point where a message with this code is due. */
    private ServerAuthenticator serverAt(int code) {
        var server = new ServerAuthenticator("u", PLAIN, new ScramClient("", "nonce"), deriver);
        if (code > 10) {
            Steps.authenticate(server, Steps.request(10, "SCRAM-SHA-256\0\0"));
        }
        if (code > 11) {
            Steps.authenticate(server, Steps.request(11, "r=noncexyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        }
        return server;
    }

    private ClientAuthenticator scram(@Nullable Credential credential) {
        var client = new ClientAuthenticator(ClientAuthentication.SCRAM_SHA_256, "u", credential, RANDOM, deriver);
        Steps.begin(client);
        return client;
    }

    private static String start(ClientAuthenticator client) {
        String serverFirst = Steps.payload(
                11, Steps.respond(client, saslInitial("SCRAM-SHA-256", FIRST)).message());
        return serverFirst.substring(2, serverFirst.indexOf(','));
    }
}
