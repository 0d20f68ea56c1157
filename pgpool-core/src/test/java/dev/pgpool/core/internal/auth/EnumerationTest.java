package dev.pgpool.core.internal.auth;

import static dev.pgpool.core.internal.auth.Steps.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A stranger cannot tell users from non-users, neither by the messages nor by what an answer costs. */
class EnumerationTest {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private static final Credential VERIFIER = TestVerifiers.of("secret", SALT, 4096);

    private final CountingPbkdf2 pbkdf2 = new CountingPbkdf2();
    private final KeyDeriver deriver = pbkdf2.deriver();

    static Stream<@Nullable Credential> everyKindOfUser() {
        return Stream.of(
                new Credential.Plain("secret"),
                new Credential.Md5("0123456789abcdef0123456789abcdef"),
                VERIFIER,
                new Credential.Plain(""),
                null);
    }

    @ParameterizedTest
    @MethodSource("everyKindOfUser")
    void aWrongScramProofCostsOneDerivationForANewNameAndNoneAfter(@Nullable Credential credential) {
        for (int i = 0; i < 3; i++) {
            var client = authenticator(ClientAuthentication.SCRAM_SHA_256, credential);
            assertThat(client.needsOffload()).isFalse();
            String nonce = startScram(client);
            assertThat(client.needsOffload()).isEqualTo(i == 0);
            assertThat(finishScram(client, nonce)).isEqualTo(Verdict.REJECTED);
            assertThat(client.needsOffload()).isFalse();
            assertThat(pbkdf2.count()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("everyKindOfUser")
    void eachWrongPasswordCostsOneDerivation(@Nullable Credential credential) {
        String[] wrong = {"guess\0", "\0", "\u00ff\0"};
        for (int i = 0; i < wrong.length; i++) {
            var client = authenticator(ClientAuthentication.PASSWORD, credential);
            Steps.begin(client);
            assertThat(client.needsOffload()).isTrue();
            assertThat(Steps.respond(client, text(wrong[i])).verdict()).isEqualTo(Verdict.REJECTED);
            assertThat(pbkdf2.count()).isEqualTo(i + 1);
        }
    }

    static Stream<Arguments> saltsThatAreOurs() {
        return Stream.of(
                Arguments.of(new Credential.Plain("secret")),
                Arguments.of(new Credential.Md5("0123456789abcdef0123456789abcdef")),
                Arguments.of((Object) null));
    }

    @ParameterizedTest
    @MethodSource("saltsThatAreOurs")
    void aUserHasTheSameSaltEachTimeAndAnotherThanOthers(@Nullable Credential credential) {
        List<String> seen = new ArrayList<>();
        for (String user : List.of("one", "one", "two")) {
            var client = new ClientAuthenticator(ClientAuthentication.SCRAM_SHA_256, user, credential, RANDOM, deriver);
            Steps.begin(client);
            var answer = Steps.respond(client, Steps.saslInitial("SCRAM-SHA-256", "n,,n=,r=x"));
            String serverFirst = Steps.payload(11, answer.message());
            assertThat(serverFirst).matches("r=x[A-Za-z0-9+/]{24},s=[A-Za-z0-9+/]{22}==,i=4096");
            seen.add(serverFirst.substring(serverFirst.indexOf(",s=")));
        }
        assertThat(seen.get(0)).isEqualTo(seen.get(1)).isNotEqualTo(seen.get(2));
    }

    @Test
    void anotherProcessHasOtherSalts() {
        assertThat(deriver.salt("one")).isNotEqualTo(pbkdf2.deriver().salt("one"));
    }

    @Test
    void aPasswordInClearIsDerivedOnceHoweverManyLogInAtOnce() throws Exception {
        Credential credential = new Credential.Plain("secret");
        var threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Verdict>> logins = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                logins.add(() -> {
                    var client = authenticator(ClientAuthentication.SCRAM_SHA_256, credential);
                    return finishScram(client, startScram(client));
                });
            }
            for (var verdict : threads.invokeAll(logins)) {
                assertThat(verdict.get()).isEqualTo(Verdict.REJECTED);
            }
        } finally {
            threads.shutdown();
        }
        assertThat(pbkdf2.count()).isEqualTo(1);
    }

    @Test
    void aChangedPasswordIsDerivedAnew() {
        for (String password : List.of("one", "two", "one")) {
            deriver.keys(password, SALT, 4096);
        }
        assertThat(pbkdf2.count()).isEqualTo(2);
        deriver.keys("one", SALT, 4097);
        deriver.keys("one", deriver.salt("x"), 4096);
        assertThat(pbkdf2.count()).isEqualTo(4);
    }

    @Test
    void whatIsRememberedIsBoundedAndTheLeastUsedGoesFirst() {
        for (int i = 0; i <= 4096; i++) {
            deriver.keys("p" + i, SALT, 1);
            deriver.keys("p0", SALT, 1);
        }
        assertThat(pbkdf2.count()).isEqualTo(4097);
        assertThat(deriver.remembered("p0", SALT, 1)).isNotNull();
        assertThat(deriver.remembered("p1", SALT, 1)).isNull();
        assertThat(deriver.remembered("p2", SALT, 1)).isNotNull();
    }

    private ClientAuthenticator authenticator(ClientAuthentication method, @Nullable Credential credential) {
        return new ClientAuthenticator(method, "user", credential, RANDOM, deriver);
    }

    private static String startScram(ClientAuthenticator client) {
        Steps.begin(client);
        var answer = Steps.respond(client, Steps.saslInitial("SCRAM-SHA-256", "n,,n=,r=x"));
        assertThat(answer.verdict()).isEqualTo(Verdict.CONTINUE);
        String serverFirst = Steps.payload(11, answer.message());
        return serverFirst.substring(2, serverFirst.indexOf(','));
    }

    private static Verdict finishScram(ClientAuthenticator client, String nonce) {
        String proof = "A".repeat(43) + "=";
        return Steps.respond(client, text("c=biws,r=" + nonce + ",p=" + proof)).verdict();
    }
}
