package dev.pgpool.core.internal.auth;

import static dev.pgpool.core.internal.auth.Steps.request;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.auth.Credential;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerAuthenticatorTest {

    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private static final Credential PLAIN = new Credential.Plain("s3cret");
    private static final Credential MD5 = new Credential.Md5("0123456789abcdef0123456789abcdef");
    private static final Credential VERIFIER = TestVerifiers.of("s3cret", SALT, 4096);

    private final CountingPbkdf2 pbkdf2 = new CountingPbkdf2();
    private final KeyDeriver deriver = pbkdf2.deriver();

    @Test
    void whatIsMissingIsSaidWithoutTheSecret() {
        refuses(
                null,
                request(3, ""),
                "28000",
                "server asked for cleartext password but no secret is known for user \"x\"");
        refuses(MD5, request(3, ""), "28000", "server asked for cleartext password but only an MD5 digest is known");
        refuses(
                VERIFIER,
                request(3, ""),
                "28000",
                "server asked for cleartext password but only a SCRAM verifier is known");
        refuses(null, request(5, "salt"), "28000", "server asked for md5 password but no secret is known");
        refuses(
                VERIFIER,
                request(5, "salt"),
                "28000",
                "server asked for md5 password but only a SCRAM verifier is known");
        byte[] scram = request(10, "SCRAM-SHA-256\0\0");
        refuses(null, scram, "28000", "server asked for SCRAM-SHA-256 but no secret is known");
        refuses(MD5, scram, "28000", "server asked for SCRAM-SHA-256 but only an MD5 digest is known");
        refuses(VERIFIER, scram, "28000", "server asked for SCRAM-SHA-256 but only a SCRAM verifier is known");
    }

    @Test
    void unsupportedMethodsAreNamed() {
        refuses(PLAIN, request(2, ""), "0A000", "server asked for AuthenticationKerberosV5");
        refuses(PLAIN, request(7, ""), "0A000", "server asked for AuthenticationGSS");
        refuses(PLAIN, request(9, ""), "0A000", "server asked for AuthenticationSSPI");
        refuses(PLAIN, request(99, ""), "0A000", "server asked for unknown authentication method 99");
        refuses(
                PLAIN,
                request(10, "SCRAM-SHA-256-PLUS\0\0"),
                "28000",
                "server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection");
        refuses(
                PLAIN,
                request(10, "A\nB\0OAUTHBEARER\0\0"),
                "0A000",
                "server asked for SASL mechanisms \"A?B\", \"OAUTHBEARER\"");
    }

    @Test
    void scramIsPickedOutOfTheList() {
        byte[] answer = Steps.authenticate(server(PLAIN), request(10, "OAUTHBEARER\0SCRAM-SHA-256\0OTHER\0\0"));
        assertThat(new String(answer, ISO_8859_1)).isEqualTo("p\0\0\0#SCRAM-SHA-256\0\0\0\0\rn,,n=,r=nonce");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\0",
                "SCRAM-SHA-256",
                "SCRAM-SHA-256\0",
                "SCRAM-SHA-256\0\0x",
                "\0SCRAM-SHA-256\0\0",
                "SCRAM-SHA-256\0\0\0"
            })
    void aMalformedListOfMechanismsIsRefused(String list) {
        assertThatThrownBy(() -> Steps.authenticate(server(PLAIN), request(10, list)))
                .isInstanceOf(AuthenticationProtocolException.class);
    }

    @Test
    void aServerThatSkipsItsProofIsRefused() {
        ServerAuthenticator server = server(PLAIN);
        Steps.authenticate(server, request(10, "SCRAM-SHA-256\0\0"));
        refuses(server, request(0, ""), "before it had proven");
        Steps.authenticate(server, request(11, "r=noncex,s=" + SALT + ",i=4096"));
        refuses(server, request(0, ""), "before it had proven");
        refuses(server, request(12, "v=" + "A".repeat(43) + "="), "does not know the password");
        refuses(server, request(0, ""), "before it had proven");
    }

    @Test
    void messagesOutOfTurnAreRefused() {
        ServerAuthenticator server = server(PLAIN);
        refuses(server, request(11, "r=noncex,s=" + SALT + ",i=4096"), "out of turn");
        refuses(server, request(12, "v=AAAA"), "out of turn");
        Steps.authenticate(server, request(3, ""));
        refuses(server, request(3, ""), "out of turn");
        refuses(server, request(5, "salt"), "out of turn");
        refuses(server, request(10, "SCRAM-SHA-256\0\0"), "out of turn");
        assertThat(Steps.isDone(server, request(0, ""))).isTrue();
        refuses(server, request(0, ""), "out of turn");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "r=nonce,s=AAAA,i=4096|does not continue ours",
                "r=other,s=AAAA,i=4096|does not continue ours",
                "r=noncex,s=,i=4096|is not Base64",
                "r=noncex,s=AAA,i=4096|is not Base64",
                "r=noncex,s=!!!!,i=4096|is not Base64",
                "r=noncex,s=AAAA,i=0|iteration count \"0\"",
                "r=noncex,s=AAAA,i=-1|iteration count \"-1\"",
                "r=noncex,s=AAAA,i=1000001|iteration count \"1000001\"",
                "r=noncex,s=AAAA,i=4294967297|iteration count \"4294967297\"",
                "r=noncex,s=AAAA,i=99999999999999999999|iteration count",
                "r=noncex,s=AAAA,i=|iteration count",
                "r=noncex,s=AAAA,i=4096,x=y|garbage",
                "r=noncex,s=AAAA|\"i=\" expected",
                "m=ext,r=noncex,s=AAAA,i=4096|\"r=\" expected",
                "e=other-error|\"r=\" expected"
            })
    void aServerFirstMessageOutOfBoundsIsRefusedAtNoCost(String serverFirst, String why) {
        ServerAuthenticator server = server(PLAIN);
        Steps.authenticate(server, request(10, "SCRAM-SHA-256\0\0"));
        assertThat(Steps.needsOffload(server, request(11, serverFirst))).isFalse();
        refuses(server, request(11, serverFirst), why);
        assertThat(pbkdf2.count()).isZero();
    }

    @Test
    void anOverlongMessageIsRefusedBeforeItIsRead() {
        ServerAuthenticator server = server(PLAIN);
        Steps.authenticate(server, request(10, "SCRAM-SHA-256\0\0"));
        String within = "r=nonce" + "x".repeat(1024 - 21) + ",s=AAAA,i=1";
        refuses(server, request(11, within + "0000"), "expected: 4 to 1028");
        assertThat(Steps.authenticate(server, request(11, within))).isNotEmpty();
    }

    @Test
    void aServersErrorIsQuotedSafely() {
        ServerAuthenticator server = server(PLAIN);
        Steps.authenticate(server, request(10, "SCRAM-SHA-256\0\0"));
        Steps.authenticate(server, request(11, "r=noncex,s=" + SALT + ",i=4096"));
        refuses(
                server,
                request(12, "e=invalid-proof\n\u001b"),
                "server refused the SCRAM exchange: \"invalid-proof??\"");
    }

    @Test
    void keysAreRememberedOnceTheServerHasProvenItself() {
        byte[] scram = request(10, "SCRAM-SHA-256\0\0");
        byte[] serverFirst = request(11, "r=noncex,s=" + SALT + ",i=4096");
        for (int i = 1; i <= 2; i++) {
            ServerAuthenticator liar = server(PLAIN);
            assertThat(Steps.needsOffload(liar, scram)).isFalse();
            Steps.authenticate(liar, scram);
            assertThat(Steps.needsOffload(liar, serverFirst)).isTrue();
            Steps.authenticate(liar, serverFirst);
            refuses(liar, request(12, "v=" + "A".repeat(43) + "="), "does not know the password");
            assertThat(pbkdf2.count()).isEqualTo(i);
        }
        for (int i = 1; i <= 2; i++) {
            ServerAuthenticator server = server(PLAIN);
            Steps.authenticate(server, scram);
            assertThat(Steps.needsOffload(server, serverFirst)).isEqualTo(i == 1);
            Steps.authenticate(server, serverFirst);
            assertThat(Steps.authenticate(server, request(12, "v=" + signature())))
                    .isEmpty();
            assertThat(Steps.isDone(server, request(0, ""))).isTrue();
        }
        // Two liars, the first honest server, and our own reckoning of its signature, twice.
        assertThat(pbkdf2.count()).isEqualTo(5);
    }

    private String signature() {
        var honest = new ScramServer("x");
        honest.first(Steps.text("n,,n=,r=nonce"), SALT, 4096);
        honest.last(Steps.text("c=biws,r=noncex,p=" + "A".repeat(43) + "="));
        ScramKeys keys = deriver.derive("s3cret", Base64.getDecoder().decode(SALT), 4096);
        return new String(honest.serverFinal(keys), ISO_8859_1).substring(2);
    }

    private ServerAuthenticator server(@Nullable Credential credential) {
        return new ServerAuthenticator("x", credential, new ScramClient("", "nonce"), deriver);
    }

    private void refuses(@Nullable Credential credential, byte[] body, String sqlState, String message) {
        assertThatThrownBy(() -> Steps.authenticate(server(credential), body))
                .isInstanceOfSatisfying(
                        AuthenticationProtocolException.class,
                        e -> assertThat(e.sqlState()).isEqualTo(sqlState))
                .hasMessageStartingWith(message)
                .hasMessageNotContaining("s3cret");
    }

    private static void refuses(ServerAuthenticator server, byte[] body, String message) {
        assertThatThrownBy(() -> Steps.authenticate(server, body))
                .isInstanceOf(AuthenticationProtocolException.class)
                .hasMessageContaining(message);
    }
}
