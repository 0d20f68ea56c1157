package dev.pgpool.certwatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetsTest {

    @ParameterizedTest
    @CsvSource({
        "https://Example.org, HTTPS, example.org, 443, FULL, https://example.org",
        "https://example.org:8443/path?name=shop, HTTPS, example.org, 8443, FULL, shop",
        "tls://[2001:db8::1]:636, TLS, 2001:db8::1, 636, FULL, [2001:db8::1]:636",
        "ldaps://directory, TLS, directory, 636, FULL, directory:636",
        "postgres://user:pa/ss@db_1:6543/app?sslmode=verify-full&application_name=x, POSTGRES, db_1, 6543, FULL, db_1:6543",
        "jdbc:postgresql://db/app?user=x&password=y, POSTGRES, db, 5432, NONE, db:5432",
        "postgresql://db/app?sslnegotiation=direct, POSTGRES_DIRECT, db, 5432, NONE, db:5432",
        "smtp+starttls://mail, SMTP, mail, 25, FULL, smtp+starttls://mail:25",
        "mysql://db?verify=none, MYSQL, db, 3306, NONE, mysql+starttls://db:3306",
        "https://bücher.example, HTTPS, xn--bcher-kva.example, 443, FULL, https://xn--bcher-kva.example"
    })
    void urlsBecomeEndpoints(String url, Protocol protocol, String host, int port, Verification verify, String name) {
        Endpoint endpoint = (Endpoint) CertTarget.parse(url);
        assertThat(endpoint.protocol()).isEqualTo(protocol);
        assertThat(endpoint.host()).isEqualTo(host);
        assertThat(endpoint.port()).isEqualTo(port);
        assertThat(endpoint.verification()).isEqualTo(verify);
        assertThat(endpoint.name()).isEqualTo(name);
    }

    @Test
    void optionsAreTaken() {
        Endpoint endpoint = (Endpoint)
                CertTarget.parse("tls://10.0.0.1:443?sni=shop.example&expect=/etc/shop.pem&warning=20d&critical=36h");
        assertThat(endpoint.serverName()).isEqualTo("shop.example");
        assertThat(endpoint.expectedFile()).isEqualTo(Path.of("/etc/shop.pem"));
        assertThat(endpoint.thresholds()).isEqualTo(Thresholds.fixed(Duration.ofDays(20), Duration.ofHours(36)));
        CertificateFile file = (CertificateFile) CertTarget.parse("file:///etc/a%20b.p12?password=se%26cret");
        assertThat(file.path()).isEqualTo(Path.of("/etc/a b.p12"));
        assertThat(file.password()).isEqualTo("se&cret");
        assertThat(file).asString().doesNotContain("cret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.org",
                "gopher://x",
                "https:example.org",
                "https://",
                "https://h:0",
                "https://h:99999",
                "https://h:x",
                "tls://h",
                "https://2001:db8::1",
                "https://h?snl=x",
                "https://h?verify=maybe",
                "https://h?warning=soon",
                "https://h?warning=1d&critical=2d",
                "postgres://a,b/db",
                "truststore:none",
                "file:",
                "file://host/x",
                "postgres://u:SECRET@/db",
                "postgres://u:SECRET?x@host:bad",
                "file:/x?passwort=SECRET",
                "file:///x.p12?password=hunter@SECRET&foo",
                "file:///x.p12?password=hunter&SECRET",
                "https://u:p?a@SECRET&x=1@host?foo=1",
                "https://u:SECRET@host/?foo=1",
                "https://a b"
            })
    void badUrlsAreNamedAndSecretsAreNot(String url) {
        assertThatThrownBy(() -> CertTarget.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected:")
                .hasMessageNotContaining("SECRET");
    }

    @Test
    void allProblemsAreReportedTogether() {
        assertThatThrownBy(() -> CertWatch.builder()
                        .interval(Duration.ZERO)
                        .maxInFlight(0)
                        .target("gopher://x")
                        .target(CertTarget.tls("h", 1))
                        .target(CertTarget.tls("h", 1))
                        .build())
                .isInstanceOf(CertWatchException.class)
                .hasMessageContaining("interval: PT0S (expected: > 0)")
                .hasMessageContaining("maxInFlight: 0 (expected: > 0)")
                .hasMessageContaining("gopher://x: unknown scheme")
                .hasMessageContaining("\"h:1\" twice");
    }

    @Test
    void databasesOfOneServerAreOneTarget() {
        record Database(String name, String host, int port) {}
        List<Database> databases =
                List.of(new Database("a", "db1", 5432), new Database("b", "DB1", 5432), new Database("c", "db2", 5432));
        assertThat(CertTarget.postgres(databases, Database::host, Database::port))
                .extracting(Endpoint::name)
                .containsExactly("db1:5432", "db2:5432");
    }
}
