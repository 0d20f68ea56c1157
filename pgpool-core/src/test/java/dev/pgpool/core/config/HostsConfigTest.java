package dev.pgpool.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostsConfigTest {

    @ParameterizedTest
    @CsvSource({
        "db1, db1, 6000",
        "db1:5433, db1, 5433",
        "10.0.0.1, 10.0.0.1, 6000",
        "10.0.0.1:5433, 10.0.0.1, 5433",
        "::1, ::1, 6000",
        "[::1], ::1, 6000",
        "[::1]:5433, ::1, 5433",
        "fe80::1%eth0, fe80::1%eth0, 6000",
        "/run/postgresql, /run/postgresql, 6000",
        "/run/postgresql:5433, /run/postgresql, 5433",
        "/run/with:colon, /run/with:colon, 6000",
        "/run/with:colon:5433, /run/with:colon, 5433",
    })
    void hostIsReadWithItsPort(String text, String host, int port) {
        assertThat(HostConfig.parse(text, 6000)).isEqualTo(new HostConfig(host, port));
        new HostConfig(host, port).check("host", NO_PROBLEMS);
        NO_PROBLEMS.throwIfAny();
    }

    private static final Problems NO_PROBLEMS = new Problems();

    @Test
    void hostIsWrittenAsItIsRead() {
        for (String text : List.of("db1:5433", "[::1]:5433", "/run/postgresql:5433")) {
            assertThat(HostConfig.parse(text, 1)).hasToString(text);
        }
    }

    @Test
    void badHostsAreClearErrors() {
        assertProblems(db -> db.host(""), "databases.app.host: \"\" (expected: a host name, address or directory)");
        assertProblems(
                db -> db.host("a,b"), "databases.app.host: \"a,b\" (expected: a host name, address or directory)");
        assertProblems(
                db -> db.host("db1:port"),
                "databases.app.host: \"db1:port\" (expected: a host name, address or directory)");
        assertProblems(
                db -> db.host("[::1"), "databases.app.host: \"[::1\" (expected: a host name, address or directory)");
        assertProblems(db -> db.host("db1:70000"), "databases.app.host.port: 70000 (expected: 1 to 65535)");
        assertProblems(
                db -> db.hosts("a", " ", "c:0"),
                "databases.app.hosts[1]: \" \" (expected: a host name, address or directory)",
                "databases.app.hosts[2].port: 0 (expected: 1 to 65535)");
        assertProblems(db -> db.hosts(), "databases.app.hosts: 0 hosts (expected: 1 to 100)");
    }

    @Test
    void badConnectQueryIsAClearError() {
        for (String bad : List.of("", " ", "SELECT '\0'")) {
            assertProblems(
                    db -> db.connectQuery(bad),
                    "databases.app.connectQuery: blank or with a zero byte (expected: SQL, or none at all)");
        }
    }

    @Test
    void badTimesAreClearErrors() {
        assertThatThrownBy(() -> PgPool.builder()
                        .database("app", db -> {})
                        .dnsMaxTtl(Duration.ofSeconds(-1))
                        .dnsNxdomainTtl(Duration.ofDays(4000))
                        .build())
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "dnsMaxTtl: PT-1S (expected: >= 0, at most 365 days)",
                                        "dnsNxdomainTtl: PT96000H (expected: >= 0, at most 365 days)"));
    }

    @Test
    void attributesAreLibpqsWords() {
        for (TargetSessionAttributes attributes : TargetSessionAttributes.values()) {
            assertThat(TargetSessionAttributes.parse(attributes.label())).isEqualTo(attributes);
        }
        assertThat(TargetSessionAttributes.parse("prefer-standby")).isEqualTo(TargetSessionAttributes.PREFER_STANDBY);
        assertThatThrownBy(() -> TargetSessionAttributes.parse("master"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("target session attributes: \"master\" (expected: any, read-write, read-only, primary,"
                        + " standby, prefer-standby)");
    }

    private static void assertProblems(Consumer<DatabaseBuilder> settings, String... problems) {
        assertThatThrownBy(() -> PgPool.builder().database("app", settings).build())
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.problems()).containsExactly(problems));
    }
}
