package dev.pgpool.core.internal.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import dev.pgpool.core.internal.secrets.ProvenKeys;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client shows by logging in, for how long it is kept, and what can be done with it. */
class ProvenKeysTest {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private static final Credential.ScramVerifier VERIFIER = TestVerifiers.of("secret", SALT, 4096);
    private static final Credential.ScramVerifier CHANGED = TestVerifiers.of("another", SALT, 4096);

    private final ProvenKeys keys = new ProvenKeys();

    @ParameterizedTest
    @EnumSource(names = {"SCRAM_SHA_256", "MD5", "PASSWORD"})
    void aClientThatIsAcceptedShowsTheKeyOfItsVerifier(ClientAuthentication method) {
        Credential shown = shownBy(method, VERIFIER, "secret");
        assertThat(shown).isInstanceOfSatisfying(Credential.ScramClientKey.class, key -> {
            assertThat(key.verifier()).isEqualTo(VERIFIER);
            assertThat(key.toString()).isEqualTo("ScramClientKey[<redacted>]");
        });
        // with the key in place of the verifier clients are checked as before
        assertThat(shownBy(method, shown, "secret")).isEqualTo(shown);
        assertThat(shownBy(method, shown, "wrong")).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"SCRAM_SHA_256", "MD5", "PASSWORD"})
    void aClientThatIsRejectedShowsNothing(ClientAuthentication method) {
        assertThat(shownBy(method, VERIFIER, "wrong")).isNull();
        assertThat(shownBy(method, null, "secret")).isNull();
    }

    @Test
    void whoseSecretIsKnownAnywayShowsNothing() {
        assertThat(shownBy(ClientAuthentication.SCRAM_SHA_256, new Credential.Plain("secret"), "secret"))
                .isNull();
    }

    @Test
    void theKeyLogsInWhereTheVerifierIsTheSame() {
        Credential key = shownBy(ClientAuthentication.SCRAM_SHA_256, VERIFIER, "secret");
        assertThat(serverAccepts(key, VERIFIER)).isTrue();
    }

    @Test
    void nothingIsSentToAServerWithAnotherVerifier() {
        Credential key = shownBy(ClientAuthentication.SCRAM_SHA_256, VERIFIER, "secret");
        for (Credential.ScramVerifier other : new Credential.ScramVerifier[] {
            TestVerifiers.of("secret", SALT, 4097), TestVerifiers.of("secret", "c2FsdHNhbHRzYWx0c2FsdA==", 4096)
        }) {
            assertThatThrownBy(() -> serverAccepts(key, other))
                    .isInstanceOf(AuthenticationProtocolException.class)
                    .hasMessageContaining("server has another SCRAM verifier for user \"user\"");
        }
        // the same salt by chance or malice: the proof is of no use, and the server can't prove itself
        assertThat(serverAccepts(key, CHANGED)).isFalse();
    }

    @Test
    void aKeyNeedsNoArithmetic() {
        Credential key = shownBy(ClientAuthentication.SCRAM_SHA_256, VERIFIER, "secret");
        var pbkdf2 = new CountingPbkdf2();
        var server = new ServerAuthenticator("user", key, new ScramClient("", "nonce"), pbkdf2.deriver());
        Steps.authenticate(server, Steps.request(10, "SCRAM-SHA-256\0\0"));
        byte[] first = Steps.request(11, "r=noncexyz,s=" + SALT + ",i=4096");
        assertThat(Steps.needsOffload(server, first)).isFalse();
        Steps.authenticate(server, first);
        assertThat(pbkdf2.count()).isZero();
    }

    @Test
    void whatIsKeptBelongsToOneUserOfOneDatabaseAndOneVerifier() {
        Credential.ScramClientKey key = key(VERIFIER, "secret");
        assertThat(keys.remember("app", "ann", key)).isTrue();
        assertThat(keys.remember("app", "ann", key)).isFalse();
        assertThat(keys.find("app", "ann", VERIFIER)).isEqualTo(key);
        assertThat(keys.find("app", "ann", CHANGED)).isNull();
        assertThat(keys.find("app", "bob", VERIFIER)).isNull();
        assertThat(keys.find("other", "ann", VERIFIER)).isNull();
        assertThat(keys.remember("app", "ann", key(CHANGED, "another"))).isTrue();
        assertThat(keys.find("app", "ann", VERIFIER)).isNull();
    }

    @Test
    void whatIsKeptGoesWithItsVerifier() {
        Credential.ScramClientKey key = key(VERIFIER, "secret");
        keys.remember("app", "ann", key);
        keys.check("app", "ann", Optional.of(VERIFIER));
        assertThat(keys.find("app", "ann", VERIFIER)).isEqualTo(key);
        keys.check("app", "ann", Optional.of(CHANGED));
        keys.check("app", "ann", Optional.of(VERIFIER));
        assertThat(keys.find("app", "ann", VERIFIER))
                .as("not even when it is back")
                .isNull();
        keys.remember("app", "ann", key);
        keys.check("app", "ann", Optional.empty());
        assertThat(keys.find("app", "ann", VERIFIER)).isNull();
    }

    @Test
    void whatIsKeptIsBounded() {
        Credential.ScramClientKey key = key(VERIFIER, "secret");
        for (int i = 0; i <= 65_536; i++) {
            keys.remember("app", "user" + i, key);
        }
        assertThat(keys.find("app", "user0", VERIFIER)).isNull();
        assertThat(keys.find("app", "user1", VERIFIER)).isNotNull();
    }

    @Test
    void aKeyThatIsNotTheVerifiersIsRefused() {
        String other = Base64.getEncoder().encodeToString(new byte[32]);
        assertThatThrownBy(() -> new Credential.ScramClientKey(VERIFIER, other))
                .hasMessageContaining("the ClientKey does not belong to the SCRAM verifier")
                .hasMessageNotContaining(other);
        assertThatThrownBy(() -> new Credential.ScramClientKey(VERIFIER, "AAAA"))
                .hasMessageContaining("the ClientKey of the SCRAM verifier has 3 bytes (expected: 32)");
    }

    private static Credential.ScramClientKey key(Credential.ScramVerifier verifier, String password) {
        Credential shown = shownBy(ClientAuthentication.SCRAM_SHA_256, verifier, password);
        assertThat(shown).isInstanceOf(Credential.ScramClientKey.class);
        return (Credential.ScramClientKey) shown;
    }

    /** What a client that has this password has shown in the end. */
    private static @Nullable Credential shownBy(
            ClientAuthentication method, @Nullable Credential stored, String password) {
        var client = new ClientAuthenticator(method, "user", stored, RANDOM);
        var peer = new ServerAuthenticator("user", new Credential.Plain(password), RANDOM);
        assertThat(client.proven()).isNull();
        converse(client, peer);
        return client.proven();
    }

    /** Whether a server with this verifier lets somebody in who has nothing but the credential. */
    private static boolean serverAccepts(@Nullable Credential credential, Credential.ScramVerifier verifier) {
        var server = new ClientAuthenticator(ClientAuthentication.SCRAM_SHA_256, "user", verifier, RANDOM);
        return converse(server, new ServerAuthenticator("user", credential, RANDOM)) == Verdict.ACCEPTED;
    }

    private static Verdict converse(ClientAuthenticator server, ServerAuthenticator client) {
        byte[] request = Steps.begin(server);
        while (true) {
            byte[] response = Steps.authenticate(client, Steps.body('R', request));
            var answer = Steps.respond(server, Steps.body('p', response));
            if (answer.verdict() != Verdict.CONTINUE) {
                return answer.verdict();
            }
            request = answer.message();
        }
    }
}
