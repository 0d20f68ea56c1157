package dev.pgpool.core.internal.auth;

import static dev.pgpool.core.internal.auth.Steps.text;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The example of RFC 7677, section 3, from both sides, and SASLprep as PostgreSQL applies it. */
class ScramVectorTest {

    private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private static final String CLIENT_FIRST = "n,,n=user,r=" + CLIENT_NONCE;
    private static final String SERVER_FIRST = "r=" + CLIENT_NONCE + SERVER_NONCE + ",s=" + SALT + ",i=4096";
    private static final String CLIENT_FINAL =
            "c=biws,r=" + CLIENT_NONCE + SERVER_NONCE + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private static final String SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    @Test
    void theServerSidesMessagesAreThoseOfTheRfc() {
        var server = new ScramServer(SERVER_NONCE);
        assertThat(new String(server.first(text(CLIENT_FIRST), SALT, 4096), ISO_8859_1))
                .isEqualTo(SERVER_FIRST);
        server.last(text(CLIENT_FINAL));
        ScramKeys keys = keys("pencil");
        assertThat(server.accept(keys)).hasSize(32);
        assertThat(server.accept(keys("pencil "))).isNull();
        assertThat(new String(server.serverFinal(keys), ISO_8859_1)).isEqualTo(SERVER_FINAL);
    }

    @Test
    void theClientSidesMessagesAreThoseOfTheRfc() {
        var client = new ScramClient("user", CLIENT_NONCE);
        assertThat(new String(client.first(), ISO_8859_1)).isEqualTo(CLIENT_FIRST);
        ScramClient.ServerFirst first = client.read(text(SERVER_FIRST));
        assertThat(new String(client.last(first, keys("pencil")), ISO_8859_1)).isEqualTo(CLIENT_FINAL);
        assertThatCode(() -> client.verify(text(SERVER_FINAL))).doesNotThrowAnyException();
        assertThatThrownBy(() -> client.verify(text("v=7" + SERVER_FINAL.substring(3))))
                .isInstanceOf(AuthenticationProtocolException.class)
                .hasMessageContaining("signature is wrong");
    }

    // RFC 4013, section 3: soft hyphen goes, compatibility forms are normalised, blanks become spaces; a password that
    // may not be prepared (a control character, nothing left) is used as it is.
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "I\u00adX,IX,true",
                "\u00aa,a,true",
                "\u2168,IX,true",
                "a\u00a0b,a b,true",
                "a\u0007\u00adb,a\u0007b,false"
            })
    void passwordsArePreparedAsPostgresDoes(String password, String other, boolean same) {
        assertThat(keys(password).sameServerKey(keys(other))).isEqualTo(same);
    }

    @Test
    void aPasswordOfWhichPreparationLeavesNothingIsUsedAsItIs() {
        assertThat(keys("\u00ad").sameServerKey(keys("\u00ad"))).isTrue();
        assertThat(keys("\u00ad").sameServerKey(keys("\u00ad\u00ad"))).isFalse();
    }

    private static ScramKeys keys(String password) {
        return KeyDeriver.SHARED.derive(password, Base64.getDecoder().decode(SALT), 4096);
    }
}
