package dev.pgpool.backup.dump.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.PgServerBuilder;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ways to the server other than host, port and a password in the environment. */
class ConnectionIT {

    @TempDir
    Path directory;

    @Test
    void aPasswordReachesProgramsBehindAPrefixThatPassesNoEnvironmentOn() throws Exception {
        String database = Source.sampleDatabase();
        String password = "it's \\ \"odd\" p:w";
        String role = Source.postgres().createRole("scram-sha-256", password);
        Source.postgres().execute("ALTER ROLE " + role + " SUPERUSER");
        Path passFile = directory.resolve("pass 'file");
        Files.createFile(passFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                passFile, "*:*:*:" + role + ":" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n");
        PgServer server = PgServer.builder()
                .host("127.0.0.1")
                .port(Source.postgres().port())
                .user(role)
                .password(password)
                .build();
        String path = "PATH=" + System.getenv("PATH");
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("s")), database)
                .source(server)
                .verifyOn(server)
                .dumpCommand("env", "-i", path, "pg_dump")
                .restoreCommand("env", "-i", path, "pg_restore")
                .toolPassFile(passFile.toString())
                .build()) {
            RunReport run = engine.run();
            assertThat(run.message()).isEmpty();
            assertThat(engine.verify(database, run.id(), VerifyLevel.CHECKED).problems())
                    .isEmpty();
        }
        try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("t")), database)
                .source(server)
                .dumpCommand("env", "-i", path, "pg_dump")
                .build()) {
            assertThat(engine.run().message()).as("without the file").contains("password");
        }
    }

    /** {@code ssh} joins its arguments with spaces and gives them to a shell, which takes them apart by its own rules. */
    @Test
    void argumentsPassThroughASecureShell() throws Exception {
        Path ssh = directory.resolve("ssh");
        Files.writeString(ssh, "#!/bin/sh\nshift\nexec env -i PATH=\"$PATH\" sh -c \"$*\"\n");
        Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwx------"));
        String name = "it's $(x) & \"q\" \\";
        Source.postgres().execute("CREATE DATABASE " + quoted(name));
        Source.postgres()
                .executeIn(
                        java.net.URLEncoder.encode(name, java.nio.charset.StandardCharsets.UTF_8)
                                .replace("+", "%20"),
                        "CREATE TABLE \"a;b c\" AS SELECT 1 AS i",
                        "CREATE TABLE \"left $HOME\" AS SELECT 1 AS i");
        Path passFile = directory.resolve("pass 'file");
        Files.createFile(passFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        for (DumpFormat format : List.of(DumpFormat.CUSTOM, DumpFormat.PLAIN)) {
            try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve(format.name())), name)
                    .format(format)
                    .excludeTables("public.\"left $HOME\"")
                    .verifyOn(Source.server())
                    .dumpCommand("nice", ssh.toString(), "db1", "pg_dump")
                    .restoreCommand(ssh.toString(), "db1", "pg_restore")
                    .psqlCommand(ssh.toString(), "db1", "psql")
                    .toolPassFile(passFile.toString())
                    .build()) {
                RunReport run = engine.run();
                assertThat(run.message()).isEmpty();
                assertThat(engine.verify(name, run.id(), VerifyLevel.CHECKED).problems())
                        .isEmpty();
            }
        }
    }

    /** How the server is to be known belongs to what a prefix must not lose: without it a program would trust anyone. */
    @Test
    void aClientCertificateIsAWayInForQuestionsAndForToolsAlsoBehindAPrefix() throws Exception {
        TestPki pki = new TestPki(Files.createDirectory(directory.resolve("pki")), "Database Root");
        TestPki.Issued own = pki.server("localhost", b -> b.addSanIpAddress("127.0.0.1"));
        TestPki.Issued client = pki.client("CN=boss");
        TestPki.Issued byRsa =
                pki.issue(TestPki.certificate("CN=boss").rsa2048().addExtendedKeyUsageClientAuth());
        TestPki.Issued stranger =
                new TestPki(Files.createDirectory(directory.resolve("other")), "Other Root").client("CN=boss");
        try (TestPostgres postgres = TestPostgres.fresh(
                15,
                Map.of(
                        "ssl", "on",
                        "ssl_cert_file", own.certificate().toString(),
                        "ssl_key_file", own.key().toString(),
                        "ssl_ca_file", pki.trust().toString()))) {
            postgres.execute("CREATE ROLE boss LOGIN SUPERUSER", "CREATE TABLE t AS SELECT generate_series(1, 100) i");
            postgres.addHbaEntry("hostssl all boss 127.0.0.1/32 cert\nhostnossl all boss 127.0.0.1/32 reject");
            PgServerBuilder builder = PgServer.builder()
                    .host("127.0.0.1")
                    .port(postgres.port())
                    .user("boss")
                    .sslMode("verify-full")
                    .sslRootCert(pki.trust());
            String path = "PATH=" + System.getenv("PATH");
            Path passFile = directory.resolve("pass");
            for (boolean prefix : List.of(false, true)) {
                TestPki.Issued shown = prefix ? byRsa : client;
                PgServer server = builder.clientCertificate(shown.certificate(), shown.key())
                        .build();
                BackupEngineBuilder settings = Source.engine(new DirectoryStore(directory.resolve("s" + prefix)), "app")
                        .source(server)
                        .verifyOn(server);
                if (prefix) {
                    settings.dumpCommand("env", "-i", path, "pg_dump")
                            .restoreCommand("env", "-i", path, "pg_restore")
                            .toolPassFile(passFile.toString());
                }
                try (BackupEngine engine = settings.build()) {
                    RunReport run = engine.run();
                    assertThat(run.message()).isEmpty();
                    assertThat(engine.verify("app", run.id(), VerifyLevel.CHECKED)
                                    .problems())
                            .isEmpty();
                }
            }
            PgServer unknown = builder.clientCertificate(stranger.certificate(), stranger.key())
                    .build();
            PgServer bare = PgServer.builder()
                    .host("127.0.0.1")
                    .port(postgres.port())
                    .user("boss")
                    .sslMode("verify-full")
                    .sslRootCert(pki.trust())
                    .build();
            PgServer elsewhere = builder.clientCertificate(client.certificate(), client.key())
                    .sslRootCert(stranger.certificate())
                    .build();
            for (PgServer refused : List.of(unknown, bare, elsewhere)) {
                try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("t")), "app")
                        .source(refused)
                        .build()) {
                    RunReport run = engine.run();
                    assertThat(run.reason()).as(run.message()).isEqualTo(FailureReason.SOURCE_UNREACHABLE);
                }
            }
        }
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    @Test
    void aUnixSocketIsAWayToTheServerForQuestionsAndForTools() {
        try (TestPostgres postgres = TestPostgres.fresh(15, Map.of("unix_socket_directories", directory.toString()))) {
            postgres.executeIn("app", "CREATE TABLE t AS SELECT generate_series(1, 100) i");
            PgServer server = PgServer.builder()
                    .host(directory.toString())
                    .port(postgres.port())
                    .user(TestPostgres.SUPERUSER)
                    .build();
            try (BackupEngine engine = Source.engine(new DirectoryStore(directory.resolve("s")), "app")
                    .source(server)
                    .verifyOn(server)
                    .build()) {
                RunReport run = engine.run();
                assertThat(run.message()).isEmpty();
                assertThat(engine.verify("app", run.id(), VerifyLevel.CHECKED).problems())
                        .isEmpty();
            }
        }
    }

    @Test
    void allThatIsWrongWithAServerIsSaidAtOnce() {
        assertThatThrownBy(() -> PgServer.builder()
                        .host(" ")
                        .port(0)
                        .user("x".repeat(64))
                        .sslMode("maybe")
                        .connectTimeout(Duration.ZERO)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "host: empty", "port: 0", "user: 64 bytes", "sslMode: \"maybe\"", "connectTimeout");
    }
}
