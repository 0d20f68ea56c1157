package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPki.Issued;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** TLS of a pooler by the SSL bundles of Spring Boot. */
class SslBundlesIT {
    private final TestPostgres postgres = TestPostgres.shared(18);

    @TempDir
    private Path directory;

    private TestPki pki;
    private ApplicationContextRunner application;

    @BeforeEach
    void applicationWithABundle() {
        pki = new TestPki(directory, "authority");
        application = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, PgPoolAutoConfiguration.class))
                .withPropertyValues(
                        "pgpool.listen.port=0",
                        "pgpool.event-loops=1",
                        "pgpool.client-authentication=trust",
                        "pgpool.databases.app.host=127.0.0.1",
                        "pgpool.databases.app.port=" + postgres.port(),
                        "pgpool.tls.mode=require",
                        "spring.ssl.bundle.watch.file.quiet-period=100ms",
                        "spring.ssl.bundle.pem.web.reload-on-update=true",
                        "spring.ssl.bundle.pem.web.keystore.certificate=file:" + directory.resolve("web.crt"),
                        "spring.ssl.bundle.pem.web.keystore.private-key=file:" + directory.resolve("web.key"));
    }

    private Issued put(Issued issued) throws IOException {
        Files.copy(issued.key(), directory.resolve("web.key"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(issued.certificate(), directory.resolve("web.crt"), StandardCopyOption.REPLACE_EXISTING);
        return issued;
    }

    private static BigInteger serial(Issued issued) {
        return issued.bundle().getCertificate().getSerialNumber();
    }

    /** Of the certificate that a client sees which has then run a query. */
    private BigInteger served(PgPool pool) {
        try (TlsTunnel tunnel = TlsTunnel.to(pool.address(), pki.context(null));
                WireClient client = WireClient.login(tunnel.address(), TestPostgres.USER, "app")) {
            assertThat(client.value("SELECT 1")).isEqualTo("1");
            return ((X509Certificate) tunnel.encrypted().get(0).getSession().getPeerCertificates()[0])
                    .getSerialNumber();
        } catch (SSLPeerUnverifiedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void bundleIsWhatClientsSeeAndItsUpdatesAreTakenOver() throws IOException {
        Issued first = put(pki.localhost());
        application.withPropertyValues("pgpool.tls.bundle=web").run(context -> {
            PgPool pool = context.getBean(PgPool.class);
            assertThat(served(pool)).isEqualTo(serial(first));

            Issued second = put(pki.localhost());

            await().atMost(Wire.PATIENCE).until(() -> served(pool).equals(serial(second)));
        });
    }

    @Test
    void bundleIsAlsoForServersAndReloadsSeeThatItIsTheSame() throws IOException {
        put(pki.localhost());
        application
                .withPropertyValues(
                        "pgpool.tls.bundle=web",
                        "spring.ssl.bundle.pem.db.truststore.certificate=file:" + pki.trust(),
                        "pgpool.databases.app.tls.bundle=db")
                .run(context -> {
                    PgPool pool = context.getBean(PgPool.class);
                    assertThat(pool.config().databases().get("app").tls().trust())
                            .isPresent();

                    assertThat(context.getBean(PoolerFactory.class).config().databases())
                            .isEqualTo(pool.config().databases());
                });
    }

    @Test
    void bundleThatIsNotThereIsNamedWithItsProperty() throws IOException {
        put(pki.localhost());
        application
                .withPropertyValues("pgpool.tls.bundle=none")
                .run(context -> assertThat(context.getStartupFailure())
                        .hasStackTraceContaining("pgpool.tls.bundle: SSL bundle name 'none' cannot be found"));
    }
}
