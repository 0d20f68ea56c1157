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
    void otherTextStays() {
        for (String text : List.of(
                "pg_dump: error: query failed: ERROR:  permission denied for table orders",
                "FATAL:  password authentication failed for user \"bob\"",
                "column \"password\" of relation \"users\" does not exist")) {
            assertThat(redactor.redact(text)).isEqualTo(text);
        }
    }
}
