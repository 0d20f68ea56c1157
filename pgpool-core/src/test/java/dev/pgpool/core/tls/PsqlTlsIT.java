package dev.pgpool.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** libpq, by way of psql: TLS, client certificates and channel binding in its own implementation. */
@Tag("installed")
class PsqlTlsIT {

    private static final TestPostgres POSTGRES = TestPostgres.shared(18);

    @TempDir
    private Path directory;

    /** What a run of psql printed, all of it. */
    private record Run(int status, String output) {}

    private Run psql(TestPooler pooler, String conninfo) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        "psql",
                        "-X",
                        "-A",
                        "-t",
                        "-c",
                        "SELECT 'in'",
                        "host=localhost port=" + pooler.address().getPort() + " dbname=" + TestPostgres.DATABASE
                                + " user=" + TestPostgres.USER + " " + conninfo)
                .redirectErrorStream(true);
        builder.environment().put("PGPASSWORD", "sesame");
        builder.environment().put("PGCONNECT_TIMEOUT", "20");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), output.strip());
    }

    @ParameterizedTest
    @CsvSource({
        "sslmode=verify-full channel_binding=require, true, in",
        "sslmode=require channel_binding=require, true, in",
        "sslmode=verify-full channel_binding=require, false, in",
        "sslmode=verify-ca channel_binding=prefer, false, in",
        "sslmode=require channel_binding=disable, false, in",
        "sslmode=disable, false, SSL required",
        "sslmode=disable channel_binding=require, false, channel binding required"
    })
    void psqlComesInByItsOwnRules(String conninfo, boolean nativeLibrary, String seen) throws Exception {
        TestPki pki = new TestPki(directory, "authority");
        TestPki.Issued server = pki.localhost();
        try (TestPooler pooler =
                TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        .credentials(CredentialStore.of(Map.of(TestPostgres.USER, "sesame")))
                        .tls(tls -> tls.mode(conninfo.contains("disable channel") ? TlsMode.PREFER : TlsMode.REQUIRE)
                                .certificate(server.certificate(), server.key())
                                .nativeLibrary(nativeLibrary))
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, POSTGRES)))) {
            Run run = psql(pooler, conninfo + " sslrootcert=" + pki.trust());
            assertThat(run.output()).contains(seen);
            assertThat(run.status() == 0).isEqualTo(seen.equals("in"));
        }
    }

    @ParameterizedTest
    @CsvSource({"true, in", "false, certificate"})
    void psqlShowsItsCertificate(boolean shown, String seen) throws Exception {
        TestPki pki = new TestPki(directory, "authority");
        TestPki.Issued server = pki.localhost();
        TestPki.Issued own = pki.client("CN=app");
        try (TestPooler pooler = TestPooler.start(builder -> builder.tls(tls -> tls.mode(TlsMode.VERIFY_FULL)
                        .certificate(server.certificate(), server.key())
                        .trust(pki.trust()))
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, POSTGRES)))) {
            String certificate = shown ? " sslcert=" + own.certificate() + " sslkey=" + own.key() : "";
            Run run = psql(pooler, "sslmode=verify-full sslrootcert=" + pki.trust() + certificate);
            assertThat(run.output()).contains(seen);
        }
    }
}
