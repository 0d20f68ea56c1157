package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialTest {

    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private static final String STORED = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=";
    private static final String SERVER = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    private static final String VERIFIER = "SCRAM-SHA-256$4096:" + SALT + "$" + STORED + ":" + SERVER;
    private static final String DIGEST = "0123456789abcdef0123456789abcdef";

    @Test
    void recognisesTheThreeForms() {
        assertThat(Credential.parse("app", VERIFIER))
                .isEqualTo(new Credential.ScramVerifier(4096, SALT, STORED, SERVER));
        assertThat(Credential.parse("app", "md5" + DIGEST)).isEqualTo(new Credential.Md5(DIGEST));
        assertThat(Credential.parse("app", "s3cret")).isEqualTo(new Credential.Plain("s3cret"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "md5",
                "md5isgreat",
                "md50123456789ABCDEF0123456789ABCDEF",
                "md50123456789abcdef0123456789abcdef0",
                "SCRAM-SHA-256",
                "scram-sha-256$4096",
                " pass word "
            })
    void whatPostgresTakesForAPasswordIsOne(String secret) {
        assertThat(Credential.parse("app", secret)).isEqualTo(new Credential.Plain(secret));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SCRAM-SHA-256$",
                "SCRAM-SHA-256$4096:" + SALT,
                "SCRAM-SHA-256$4096:" + SALT + "$" + STORED,
                "SCRAM-SHA-256$0:" + SALT + "$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$-1:" + SALT + "$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$:" + SALT + "$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$2147483648:" + SALT + "$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$99999999999999999999:" + SALT + "$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$4096:$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$4096:W22Z!J0SNY7soEsUEjb6gQ==$" + STORED + ":" + SERVER,
                "SCRAM-SHA-256$4096:" + SALT + "$AAAA:" + SERVER,
                "SCRAM-SHA-256$4096:" + SALT + "$" + STORED + ":AAAA",
                "SCRAM-SHA-256$4096:" + SALT + "$" + STORED + ":" + SERVER + ":more",
                "SCRAM-SHA-256$4096:" + SALT + "$" + STORED + ":" + SERVER + "\n"
            })
    void aMalformedVerifierIsAnErrorThatNamesTheUserAndHidesTheSecret(String secret) {
        assertThatThrownBy(() -> Credential.parse("app", secret))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("secret of user \"app\": ")
                .hasMessageContaining("expected: ")
                .satisfies(e -> assertThat(wholeText(e)).doesNotContain("W22Z", "WG5d8", "wfPL"));
    }

    @Test
    void boundsArePostgresBounds() {
        assertThat(Credential.parse("u".repeat(127), "x".repeat(65_534))).isInstanceOf(Credential.Plain.class);
        assertThatThrownBy(() -> Credential.parse("app", "x".repeat(65_535)))
                .hasMessage("secret of user \"app\": the password has 65535 bytes (expected: at most 65534)");
        assertThatThrownBy(() -> Credential.parse("ü".repeat(64), "x"))
                .hasMessage("the user name has 128 bytes (expected: at most 127)");
        assertThatThrownBy(() -> Credential.parse("", "x")).hasMessageContaining("user name is empty");
        assertThatThrownBy(() -> Credential.parse("a\0b", "x")).hasMessageContaining("zero byte");
        assertThatThrownBy(() -> Credential.parse("a", "x\0y")).hasMessageContaining("zero byte");
        String salt = "A".repeat(512);
        assertThatThrownBy(() -> Credential.parse("app", "SCRAM-SHA-256$1:" + salt + "$" + STORED + ":" + SERVER))
                .hasMessageContaining("at most 512");
    }

    @Test
    void secretsAreNotPrinted() {
        assertThat(new Credential.Plain("s3cret")).hasToString("Plain[password=<redacted>]");
        assertThat(new Credential.Md5(DIGEST)).hasToString("Md5[digest=<redacted>]");
        assertThat(Credential.parse("app", VERIFIER)).hasToString("ScramVerifier[iterations=4096, <redacted>]");
    }

    @Test
    void aFixedStoreAnswersAtOnceForAnyDatabase() {
        CredentialStore store = CredentialStore.of(Map.of("app", "s3cret"));
        assertThat(store.find("one", "app").toCompletableFuture())
                .isCompletedWithValue(Optional.of(new Credential.Plain("s3cret")));
        assertThat(store.find("two", "APP").toCompletableFuture()).isCompletedWithValue(Optional.empty());
        assertThat(CredentialStore.empty().find("one", "app").toCompletableFuture())
                .isCompletedWithValue(Optional.empty());
    }

    @Test
    void aFixedStoreRefusesMalformedSecrets() {
        assertThatThrownBy(() -> CredentialStore.of(Map.of("app", "SCRAM-SHA-256$4096")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("app");
    }

    private static String wholeText(Throwable e) {
        var text = new StringBuilder();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            text.append(cause).append('\n');
        }
        return text.toString();
    }
}
