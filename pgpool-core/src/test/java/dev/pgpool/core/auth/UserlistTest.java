package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserlistTest {

    @Test
    void readsWhatPgBouncerReads() {
        var users = Userlist.parse("f", """
                ; a comment
                # another

                "app" "s3cret"
                \t "legacy"\t"md50123456789abcdef0123456789abcdef"   the rest is ignored
                "od""d" "a ""quoted"" word"
                "empty" ""
                "close""quotes""\"   ""\""
                """);
        assertThat(users)
                .containsOnly(
                        entry("app", "s3cret"),
                        entry("legacy", "md50123456789abcdef0123456789abcdef"),
                        entry("od\"d", "a \"quoted\" word"),
                        entry("empty", ""),
                        entry("close\"quotes\"", "\""));
    }

    @Test
    void theLastLineForAUserCounts() {
        assertThat(Userlist.parse("f", "\"a\" \"1\"\n\"a\" \"2\"")).containsOnly(entry("a", "2"));
    }

    @Test
    void windowsLinesAndMissingLastNewlineAreFine() {
        assertThat(Userlist.parse("f", "\"a\" \"1\"\r\n\"b\" \"2\"")).containsOnly(entry("a", "1"), entry("b", "2"));
        assertThat(Userlist.parse("f", "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "app s3cret            | f:2, column 1: the user name does not begin with a double quote",
                "\"app                 | f:2, column 1: the user name has no closing double quote on its line",
                "\"app\"               | f:2, column 6: the secret is missing",
                "\"app\" s3cret        | f:2, column 7: the secret does not begin with a double quote",
                "\"app\" \"s3cret      | f:2, column 7: the secret has no closing double quote on its line",
                "\"app\" \"s3cret\"\"  | f:2, column 7: the secret has no closing double quote on its line",
                "\"\" \"s3cret\"       | f:2: the user name is empty",
                "\"app\" \"SCRAM-SHA-256$s3cret\" | f:2: secret of user \"app\": the SCRAM verifier is malformed"
            })
    void errorsSayFileLineAndWhatWithoutTheSecret(String line, String message) {
        assertThatThrownBy(() -> Userlist.parse("f", "\"first\" \"x\"\n" + line + "\n\"last\" \"x\""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message)
                .hasMessageNotContaining("s3cret");
    }

    private static Map.Entry<String, Credential> entry(String user, String secret) {
        return Map.entry(user, Credential.parse("any", secret));
    }
}
