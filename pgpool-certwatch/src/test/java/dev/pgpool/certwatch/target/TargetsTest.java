package dev.pgpool.certwatch.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.CertWatchException;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.trust.Secret;
import dev.pgpool.certwatch.trust.TrustSource;
import dev.pgpool.certwatch.trust.Verification;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
        assertThat(file.password()).isEqualTo(Secret.of("se&cret".toCharArray()));
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

    @Test
    void allThatABuilderKnowsCanBeSaidAsText() {
        Endpoint endpoint = Endpoint.parse("https://shop:8443?name=Shop&sni=shop.example&ca=/etc/ca%20all.pem"
                + "&proxy=http://u:p%40ss:word@proxy:3128&label.team=payments&label.env=prod%2Feu"
                + "&mute=SELF_SIGNED:2027-01-31,weak_key&interval=1h30m&tls=1.2,TLSv1.3&keys=rsa,ECDSA"
                + "&ciphers=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_AES_128_GCM_SHA256&proxyprotocol=v2");
        assertThat(endpoint.trust()).isEqualTo(TrustSource.file(Path.of("/etc/ca all.pem")));
        assertThat(endpoint.proxy()).isEqualTo(HttpProxy.of("proxy", 3128, "u", "p@ss:word".toCharArray()));
        assertThat(endpoint.labels()).containsExactly(Map.entry("env", "prod/eu"), Map.entry("team", "payments"));
        assertThat(endpoint.policy().mutes())
                .containsExactly(
                        new Mute(FindingCode.SELF_SIGNED, Instant.parse("2027-02-01T00:00:00Z")),
                        Mute.of(FindingCode.WEAK_KEY));
        assertThat(endpoint.policy().interval()).isEqualTo(Duration.ofMinutes(90));
        assertThat(endpoint.connect())
                .isEqualTo(ConnectOptions.USUAL
                        .withProxyProtocol(ProxyProtocol.V2)
                        .withOffer(TlsOffer.ANY
                                .withVersions("TLSv1.2", "TLSv1.3")
                                .withCiphers("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256")
                                .withKeys(KeyKind.RSA, KeyKind.ECDSA)));
        assertThat(endpoint).hasToString("Shop");
        Endpoint mail = Endpoint.parse("smtp+starttls://mail?ehlo=probe.example&address=10.0.0.1,2001:db8::1");
        assertThat(mail.connect())
                .isEqualTo(ConnectOptions.USUAL.to("10.0.0.1", "2001:db8::1").withEhlo("probe.example"));
        CertTarget file =
                CertTarget.parse("file:/etc/a.p12?label.team=ops&mute=WEAK_KEY:2027-01-31T12:00:00Z&interval=P1D");
        assertThat(file.labels()).containsEntry("team", "ops");
        assertThat(file.policy().interval()).isEqualTo(Duration.ofDays(1));
        assertThat(CertTarget.parse("truststore:jdk?label.team=ops&interval=2w")
                        .policy()
                        .interval())
                .isEqualTo(Duration.ofDays(14));
        assertThat(Endpoint.parse("https://h?ca=/x.p12&capassword=se%26cret").trust())
                .isEqualTo(TrustSource.keyStore(Path.of("/x.p12"), "se&cret".toCharArray()));
        assertThat(Endpoint.parse("https://h?ca=os&proxy=[::1]:3128").proxy()).isEqualTo(HttpProxy.of("::1", 3128));
    }

    @Test
    void aClientCertificateIsReadFromItsStore(@TempDir Path directory) throws Exception {
        Path store = Pki.leaf("probe", Pki.root("Root"), Duration.ofDays(9))
                .toTempKeyStoreFile("SECRET".toCharArray())
                .toPath();
        assertThat(Endpoint.parse("https://h?client=" + store + "&clientpassword=SECRET")
                        .client())
                .isNotNull();
        assertThatThrownBy(() -> CertTarget.parse("https://h?client=" + store + "&clientpassword=SECRETS"))
                .hasMessageContaining("client:")
                .hasMessageNotContaining("SECRET");
        assertThatThrownBy(() -> CertTarget.parse("https://h?client=" + directory.resolve("none.p12")))
                .hasMessageContaining("none.p12 cannot be opened");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            https://h?label.team=a&label.team=b           | twice
            https://h?sni=a&sni=b                         | option "sni" twice
            https://h?label.instance=x                    | label name: "instance"
            https://h?label.__x=x                         | label name: "__x"
            https://h?label.=x                            | label name: ""
            https://h?label.a%20b=x                       | label name: "a%20b"
            https://h?label.a=x%0Ay                       | no control characters
            https://h?label.a=1&label.b=1&label.c=1&label.d=1&label.e=1&label.f=1&label.g=1&label.h=1&label.i=1 | labels: 9
            https://h?mute=                               | a finding code such as
            https://h?mute=NO_SUCH                        | "NO_SUCH"
            https://h?mute=WEAK_KEY:tomorrow              | a day such as
            https://h?mute=WEAK_KEY:2027-02-30            | a day such as
            https://h?interval=0s                         | interval: PT0S
            https://h?interval=5                          | interval=5
            https://h?interval=-5m                        | interval=-5m
            https://h?interval=1h-5m                      | numbers with w, d, h, m or s
            https://h?tls=1.4                             | TLS version "TLSv1.4"
            https://h?tls=                                | TLS version
            https://h?keys=dsa                            | keys=dsa
            https://h?ciphers=AES128-SHA                  | cipher suite "AES128-SHA"
            https://h?proxyprotocol=3                     | v1 or v2
            https://h?ehlo=x                              | with SMTP only
            smtp+starttls://h?ehlo=a%0D%0Ab               | ehlo: "a??b"
            https://h?address=name                        | address: "name"
            https://h?address=10.0.0.1&proxy=p:1          | address
            https://h?proxy=socks5://p:1                  | proxy (expected
            https://h?proxy=p                             | proxy (expected
            https://h?proxy=p:0                           | proxy.port: 0
            https://h?ca=                                 | ca without a path
            https://h?capassword=SECRET                   | capassword without ca
            https://h?clientpassword=SECRET               | clientpassword without client
            file:/x?ehlo=x                                | option "ehlo"
            file:/x?sni=x                                 | option "sni"
            truststore:jdk?password=SECRET                | option "password"
            """)
    void whatCannotBeMeantIsRefused(String url, String message) {
        assertThatThrownBy(() -> CertTarget.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("expected:")
                .hasMessageNotContaining("SECRET")
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource({
        "warning=3d, 3, 3",
        "warning=20d, 20, 7",
        "critical=40d, 40, 40",
        "critical=1d, 30, 1",
        "warning=9d&critical=2d, 9, 2"
    })
    void oneThresholdMovesTheDefaultOfTheOther(String query, int warning, int critical) {
        assertThat(CertTarget.parse("https://h?" + query).thresholds())
                .isEqualTo(Thresholds.fixed(Duration.ofDays(warning), Duration.ofDays(critical)));
    }

    @Test
    void namesAskedForAtOneHostMakeSeveralTargets() {
        assertThat(List.of(
                                CertTarget.parse("https://10.0.0.1?sni=a.example"),
                                CertTarget.parse("https://10.0.0.1?sni=b.example"),
                                CertTarget.tls("10.0.0.1", 8443).withServerName("a.example"),
                                CertTarget.tls("10.0.0.1", 8443).named("mine").withServerName("a.example"),
                                CertTarget.tls("10.0.0.1", 8443)
                                        .withServerName("a.example")
                                        .withServerName("10.0.0.1"))
                        .stream()
                        .map(CertTarget::name))
                .containsExactly(
                        "https://10.0.0.1?sni=a.example",
                        "https://10.0.0.1?sni=b.example",
                        "10.0.0.1:8443?sni=a.example",
                        "mine",
                        "10.0.0.1:8443");
        assertThatThrownBy(() -> CertWatch.builder()
                        .target("tls://h:5432")
                        .target("postgres://h")
                        .build())
                .hasMessageContaining("\"h:5432\" twice")
                .hasMessageContaining("name=");
    }

    @Test
    void targetsNeedNoCast() {
        CertTarget target = CertTarget.parse("https://h")
                .named("n")
                .withThresholds(Thresholds.ADAPTIVE)
                .every(Duration.ofHours(1))
                .withLabel("team", "x")
                .muting(Mute.of(FindingCode.WEAK_KEY));
        assertThat(target.<String>map(endpoint -> endpoint.host(), file -> "file", store -> "store", set -> "set"))
                .isEqualTo("h");
        assertThatThrownBy(() -> Endpoint.parse("file:/x")).hasMessageContaining("expected: that of a server");
    }

    @Test
    void aWatchHasFewNamesOfLabels() {
        CertWatchBuilder builder = CertWatch.builder();
        for (int i = 0; i < 17; i++) {
            builder.target(CertTarget.tls("h" + i, 1).withLabel("l" + i, "x"));
        }
        assertThatThrownBy(builder::build).hasMessageContaining("more than 16 names of labels");
    }
}
