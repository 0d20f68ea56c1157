package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that are who their certificate says, and what else depends on TLS at login. */
class CertificateLoginIT {

    private static final TestPostgres POSTGRES = TestPostgres.shared(18);

    @TempDir
    private Path directory;

    private TestPki pki;

    @BeforeEach
    void makeCertificates() {
        pki = new TestPki(directory, "authority");
    }

    @Test
    void theCommonNameIsTheUser() {
        try (TestPooler pooler = pooler(Optional.empty(), "");
                LogCapture log = LogCapture.everything()) {
            SSLContext app = pki.context(pki.client("CN=app,O=Example"));
            assertThat(login(pooler, app, "app")).isEqualTo("Authentication 0");
            assertThat(login(pooler, app, "ann")).isEqualTo(refused("ann"));
            assertThat(log.text())
                    .contains("reason=the certificate is for \"app\", who may not be this user by"
                            + " clientAuthentication");
            assertThat(login(pooler, pki.context(pki.client("O=Example")), "app"))
                    .isEqualTo(refused("app"));
            assertThat(log.text()).contains("reason=the certificate has no name of the wanted kind");
            assertThat(login(pooler, pki.context(null), "app")).isEqualTo(refused("app"));
            assertThat(log.text()).contains("reason=no certificate that TLS has verified");
        }
    }

    @ParameterizedTest(name = "{0} as {1} by {2}: {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "CN=Ann Example,O=Example|app|hostssl all all all cert map=people|true",
                "CN=Ann Example,O=Example|bob|hostssl all all all cert map=people|false",
                "CN=svc-app,O=Example|app|hostssl all all all cert map=services clientname=CN|true",
                "CN=svc-app.evil,O=Example|app|hostssl all all all cert map=services|false",
                "CN=ann,OU=ops,O=Example|app|hostssl all all all cert map=units clientname=DN|true",
                "CN=ann,OU=dev,O=Example|app|hostssl all all all cert map=units clientname=DN|false",
                "CN=app,O=Example|app|hostssl all all all cert clientname=DN|false",
                "CN=app,O=Example|app|hostnossl all all all trust|false"
            })
    void aMapMakesUsersOfNames(String subject, String user, String rule, boolean allowed) throws IOException {
        String maps = """
                people   "Ann Example"              app
                services /^svc-([a-z]+)$            \\1
                units    "/^CN=[a-z]+,OU=ops,"      app
                """;
        try (TestPooler pooler = pooler(Optional.of(rule), maps)) {
            String answer = login(pooler, pki.context(pki.client(subject)), user);
            if (allowed) {
                assertThat(answer).isEqualTo("Authentication 0");
            } else {
                assertThat(answer).startsWith("ErrorResponse S \"FATAL\" C \"28000\"");
            }
        }
    }

    @Test
    void rulesSeeWhetherAClientIsEncrypted() {
        String rules = "hostssl all app all trust\nhostnossl all bob all trust";
        try (TestPooler pooler = pooler(Optional.of(rules), "")) {
            assertThat(login(pooler, pki.context(null), "app")).isEqualTo("Authentication 0");
            assertThat(login(pooler, pki.context(null), "bob"))
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"28000\" M \"no pg_hba.conf entry for host \"127.0.0.1\","
                            + " user \"bob\", database \"app\", SSL encryption\"");
            try (WireClient clear = pooler.connect()) {
                assertThat(clear.startup("app", "app").authenticate("").toString())
                        .contains("user \"app\", database \"app\", no encryption");
            }
        }
    }

    @Test
    void anAuthenticatorIsAskedOverTls() {
        AtomicReference<Authenticator.Request> seen = new AtomicReference<>();
        TestPki.Issued server = pki.localhost();
        try (TestPooler pooler = TestPooler.start(builder -> builder.authenticator(request -> {
                            seen.set(request);
                            return CompletableFuture.completedFuture(Authenticator.Verdict.accept());
                        })
                        .tls(tls -> tls.certificate(server.certificate(), server.key())
                                .mode(TlsMode.PREFER))
                        .database("app", db -> TestPooler.at(db, POSTGRES)));
                TlsTunnel tunnel = TlsTunnel.to(pooler.address(), pki.context(null));
                WireClient client = WireClient.connect(tunnel.address());
                WireClient clear = pooler.connect()) {
            client.startup("app", "app").awaitLogin("token");
            assertThat(seen.get().encrypted()).isTrue();
            assertThat(clear.startup("app", "app").authenticate("token").toString())
                    .contains("this login needs an encrypted connection");
        }
    }

    // ---- helpers

    private TestPooler pooler(Optional<String> rules, String maps) {
        TestPki.Issued server = pki.localhost();
        Path hba = directory.resolve("pg_hba.conf");
        Path ident = directory.resolve("pg_ident.conf");
        try {
            Files.writeString(hba, rules.orElse(""));
            Files.writeString(ident, maps);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return TestPooler.start(builder -> {
            builder.clientAuthentication(ClientAuthentication.CERT)
                    .tls(tls -> tls.certificate(server.certificate(), server.key())
                            .trust(pki.trust())
                            .mode(TlsMode.PREFER))
                    .database("app", db -> TestPooler.at(db, POSTGRES).user(TestPostgres.USER));
            if (rules.isPresent()) {
                builder.hbaFile(hba).identFile(ident);
            }
        });
    }

    private static String refused(String user) {
        return "ErrorResponse S \"FATAL\" C \"28000\" M \"certificate authentication failed for user \"" + user
                + "\"\"";
    }

    private static String login(TestPooler pooler, SSLContext context, String user) {
        try (TlsTunnel tunnel = TlsTunnel.to(pooler.address(), context);
                WireClient client = WireClient.connect(tunnel.address())) {
            return client.startup(user, "app").authenticate("").toString();
        }
    }
}
