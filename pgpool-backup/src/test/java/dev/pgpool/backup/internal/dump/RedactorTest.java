package dev.pgpool.backup.internal.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RedactorTest {

    private final Redactor redactor = new Redactor(List.of("hunter22", "hunter22-longer", ""));

    @Test
    void knownSecretsAndUsualShapesGo() {
        assertThat(redactor.redact("password is hunter22-longer and hunter22")).doesNotContain("hunter22");
        assertThat(redactor.redact("could not connect to postgresql://bob:s3cr3t@db/app"))
                .doesNotContain("s3cr3t")
                .contains("bob");
        assertThat(redactor.redact("dbname=app password=geheim host=db"))
                .doesNotContain("geheim")
                .contains("host=db");
        assertThat(redactor.redact("PASSWORD 'SCRAM-SHA-256$4096:abc$def:ghi'")).doesNotContain("abc$def");
        assertThat(redactor.redact("md50123456789abcdef0123456789abcdef")).doesNotContain("0123456789");
    }

    @Test
    void secretsInsideStatementsGo() {
        for (String text : List.of(
                "password 'geheim7',",
                "OPTIONS (\"user\" 'bob', password 'geheim7')",
                "PASSWORD: geheim7",
                "CREATE SUBSCRIPTION s CONNECTION 'host=h password=geheim7' PUBLICATION p;",
                "secret = \"geheim7\"")) {
            assertThat(redactor.redact(text)).as(text).doesNotContain("geheim7").contains("***");
        }
    }

    @Test
    void secretsInOddSpellingsGo() {
        for (String text : List.of(
                "postgresql://bob:p@ss@geheim7@db:5432/app",
                "postgresql://db/app?user=bob&password=geheim7&sslmode=require",
                "postgresql://db/app?sslpassword=geheim7",
                "jdbc:postgresql://db/app?user=bob&PASSWORD=geheim7",
                "PGPASSWORD=geheim7 pg_dump",
                "env: PGSSLPASSWORD=geheim7",
                "passwd = geheim7",
                "pwd=geheim7;",
                "{\"user\": \"bob\", \"password\": \"geheim7\"}",
                "{\"password\":\"a \\\" geheim7\"}",
                "'password': 'geheim7'",
                "password='a\\' geheim7'",
                "password='geheim7 is cut o",
                "AWS_SECRET_ACCESS_KEY=geheim7",
                "aws_session_token: geheim7",
                "secretAccessKey=geheim7",
                "https://s3/b/k?X-Amz-Credential=geheim7&X-Amz-Date=1",
                "https://s3/b/k?X-Amz-Signature=geheim7",
                "X-Amz-Security-Token: geheim7",
                "Authorization: Bearer geheim7.abc",
                "proxy said: Basic geheim7geheim7==",
                "api_key=geheim7, apikey: geheim7",
                "ALTER ROLE bob PASSWORD E'a\\'geheim7'")) {
            assertThat(redactor.redact(text)).as(text).doesNotContain("geheim7").contains("***");
        }
        assertThat(redactor.redact("postgresql://db/app?user=bob&password=x1y2&sslmode=require"))
                .isEqualTo("postgresql://db/app?user=bob&password=***&sslmode=require");
    }

    @Test
    void knownSecretsGoInEverySpelling() {
        String secret = "p@ss w'o\\r\"d/1";
        Redactor knowing = new Redactor(List.of(secret));
        for (String text : List.of(
                secret,
                "p%40ss+w%27o%5Cr%22d%2F1",
                "p%40ss%20w%27o%5Cr%22d%2F1",
                "p@ss w''o\\r\"d/1",
                "p@ss w\\'o\\\\r\"d/1",
                "p@ss w'o\\\\r\\\"d/1",
                "cEBzcyB3J29cciJkLzE=")) {
            assertThat(knowing.redact("seen " + text + " here")).as(text).isEqualTo("seen *** here");
        }
    }

    @Test
    void aSecretThatALineWasCutInGoes() {
        assertThat(redactor.redactCut("FATAL: no such thing as hunter")).isEqualTo("FATAL: no such thing as ***");
        assertThat(redactor.redactCut("FATAL: no such thing")).isEqualTo("FATAL: no such thing");
    }

    @Test
    void otherTextStays() {
        for (String text : List.of(
                "pg_dump: error: query failed: ERROR:  permission denied for table orders",
                "FATAL:  password authentication failed for user \"bob\"",
                "HINT:  Basic things such as bearer bonds are no secrets",
                "pg_dump: error: could not find signature of function f(int)",
                "https://example.org:443/path/@here",
                "column \"password\" of relation \"users\" does not exist")) {
            assertThat(redactor.redact(text)).isEqualTo(text);
        }
    }
}
