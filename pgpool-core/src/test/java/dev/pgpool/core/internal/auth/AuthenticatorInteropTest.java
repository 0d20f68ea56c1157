package dev.pgpool.core.internal.auth;

import static dev.pgpool.core.internal.auth.Steps.text;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Our server's side against our client's side, and against the client that PostgreSQL's JDBC driver uses. */
class AuthenticatorInteropTest {

    private static final String USER = "bénédicte";
    private static final String PASSWORD = "pä\"ss, w=rd \u2168";
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final Credential PLAIN = Credential.parse(USER, PASSWORD);
    private static final Credential MD5 = Credential.parse(
            USER, "md5" + new String(Md5Digest.ofPassword(PASSWORD.getBytes(UTF_8), USER), ISO_8859_1));
    private static final Credential VERIFIER = verifier(PASSWORD);

    static Stream<Arguments> accepted() {
        return Stream.of(
                Arguments.of(ClientAuthentication.PASSWORD, PLAIN, PLAIN),
                Arguments.of(ClientAuthentication.PASSWORD, MD5, PLAIN),
                Arguments.of(ClientAuthentication.PASSWORD, VERIFIER, PLAIN),
                Arguments.of(ClientAuthentication.MD5, PLAIN, PLAIN),
                Arguments.of(ClientAuthentication.MD5, PLAIN, MD5),
                Arguments.of(ClientAuthentication.MD5, MD5, PLAIN),
                Arguments.of(ClientAuthentication.MD5, MD5, MD5),
                Arguments.of(ClientAuthentication.MD5, VERIFIER, PLAIN),
                Arguments.of(ClientAuthentication.SCRAM_SHA_256, PLAIN, PLAIN),
                Arguments.of(ClientAuthentication.SCRAM_SHA_256, VERIFIER, PLAIN));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void theRightSecretIsAccepted(ClientAuthentication method, Credential stored, Credential sent) {
        assertThat(run(method, stored, sent)).isEqualTo(Verdict.ACCEPTED);
    }

    static Stream<Arguments> rejected() {
        Credential wrong = new Credential.Plain("wrong");
        Credential empty = new Credential.Plain("");
        return Stream.of(ClientAuthentication.PASSWORD, ClientAuthentication.MD5, ClientAuthentication.SCRAM_SHA_256)
                .flatMap(method -> Stream.of(
                        Arguments.of(method, PLAIN, wrong),
                        Arguments.of(method, MD5, wrong),
                        Arguments.of(method, VERIFIER, wrong),
                        Arguments.of(method, null, wrong),
                        Arguments.of(method, null, PLAIN),
                        Arguments.of(method, null, empty),
                        Arguments.of(method, empty, empty),
                        Arguments.of(method, empty, PLAIN)));
    }

    @ParameterizedTest
    @MethodSource("rejected")
    void anyOtherSecretIsRejected(ClientAuthentication method, @Nullable Credential stored, Credential sent) {
        assertThat(run(method, stored, sent)).isEqualTo(Verdict.REJECTED);
    }

    @Test
    void anMd5DigestCannotServeScram() {
        assertThat(run(ClientAuthentication.SCRAM_SHA_256, MD5, PLAIN)).isEqualTo(Verdict.REJECTED);
    }

    @Test
    void aDigestIsOfNoUseToAnotherUser() {
        var client = new ClientAuthenticator(ClientAuthentication.MD5, "other", MD5, RANDOM);
        var server = new ServerAuthenticator("other", PLAIN, RANDOM);
        byte[] answer = Steps.authenticate(server, Steps.body('R', Steps.begin(client)));
        assertThat(Steps.respond(client, Steps.body('p', answer)).verdict()).isEqualTo(Verdict.REJECTED);
    }

    @Test
    void trustAsksNothing() {
        var client = new ClientAuthenticator(ClientAuthentication.TRUST, USER, null, RANDOM);
        assertThat(client.acceptedAtOnce()).isTrue();
        assertThat(client.needsOffload()).isFalse();
        assertThat(Steps.begin(client)).isEmpty();
        var server = new ServerAuthenticator(USER, null, RANDOM);
        assertThat(Steps.isDone(server, Steps.request(0, ""))).isTrue();
    }

    @ParameterizedTest
    @MethodSource("scramSecrets")
    void theDriversScramClientIsAccepted(Credential stored) throws Exception {
        var client = new ClientAuthenticator(ClientAuthentication.SCRAM_SHA_256, USER, stored, RANDOM);
        assertThat(Steps.payload(10, Steps.begin(client))).isEqualTo("SCRAM-SHA-256\0\0");
        ScramClient driver = ScramClient.builder()
                .advertisedMechanisms(List.of("SCRAM-SHA-256"))
                .username("*")
                .password(PASSWORD.toCharArray())
                .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                .build();
        String first = driver.clientFirstMessage().toString();
        var answer = Steps.respond(client, Steps.saslInitial("SCRAM-SHA-256", first));
        assertThat(answer.verdict()).isEqualTo(Verdict.CONTINUE);
        driver.serverFirstMessage(Steps.payload(11, answer.message()));
        String last = driver.clientFinalMessage().toString();
        answer = Steps.respond(client, text(last));
        assertThat(answer.verdict()).isEqualTo(Verdict.ACCEPTED);
        driver.serverFinalMessage(Steps.payload(12, answer.message()));
    }

    static Stream<Credential> scramSecrets() {
        return Stream.of(PLAIN, VERIFIER);
    }

    @Test
    void aClientThatSendsTheMechanismFirstIsAccepted() {
        var client = new ClientAuthenticator(ClientAuthentication.SCRAM_SHA_256, USER, PLAIN, RANDOM);
        var scram = new dev.pgpool.core.internal.auth.ScramClient("", "nonce");
        Steps.begin(client);
        byte[] mechanismOnly = text("SCRAM-SHA-256\0\377\377\377\377");
        var answer = Steps.respond(client, mechanismOnly);
        assertThat(Steps.payload(11, answer.message())).isEmpty();
        answer = Steps.respond(client, scram.first());
        var serverFirst = scram.read(text(Steps.payload(11, answer.message())));
        ScramKeys keys = KeyDeriver.SHARED.derive(PASSWORD, serverFirst.saltBytes(), serverFirst.iterations());
        assertThat(Steps.respond(client, scram.last(serverFirst, keys)).verdict())
                .isEqualTo(Verdict.ACCEPTED);
    }

    /** The whole exchange of a client that knows {@code sent} with a pooler that knows {@code stored}. */
    private static Verdict run(ClientAuthentication method, @Nullable Credential stored, Credential sent) {
        var client = new ClientAuthenticator(method, USER, stored, RANDOM);
        var server = new ServerAuthenticator(USER, sent, RANDOM);
        byte[] request = Steps.begin(client);
        while (true) {
            byte[] response = Steps.authenticate(server, Steps.body('R', request));
            var answer = Steps.respond(client, Steps.body('p', response));
            if (answer.verdict() == Verdict.REJECTED) {
                assertThat(answer.message()).isEmpty();
                return Verdict.REJECTED;
            }
            if (answer.verdict() == Verdict.ACCEPTED) {
                if (answer.message().length > 0) {
                    assertThat(Steps.authenticate(server, Steps.body('R', answer.message())))
                            .isEmpty();
                }
                assertThat(Steps.isDone(server, Steps.request(0, ""))).isTrue();
                return Verdict.ACCEPTED;
            }
            request = answer.message();
        }
    }

    private static Credential verifier(String password) {
        String salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
        return TestVerifiers.of(password, salt, 4096);
    }
}
