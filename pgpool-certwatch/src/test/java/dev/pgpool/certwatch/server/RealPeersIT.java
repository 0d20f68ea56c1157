package dev.pgpool.certwatch.server;

import static dev.pgpool.certwatch.finding.FindingCode.CLIENT_CERT_REQUIRED;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Installed;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.Probes;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Protocol;
import dev.pgpool.certwatch.trust.Verification;
import dev.pgpool.core.fixture.TestPostgres;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers as distributions ship them, each with a certificate that is well, one that ends soon and one that has ended: the date is the
 * certificate's own, and so is the level. OpenSSL's server and PostgreSQL have tests of their own.
 */
@Tag("installed")
class RealPeersIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle MIDDLE = Pki.intermediate("Middle", ROOT);

    /** What a server serves, and what must be seen. */
    private record Case(String name, X509Bundle leaf, Level level) {
        Instant end() {
            return leaf.getCertificate().getNotAfter().toInstant();
        }
    }

    private static final List<Case> CASES = List.of(
            new Case("well", Pki.leaf("localhost", MIDDLE, Duration.ofDays(300)), Level.OK),
            new Case("ending", Pki.leaf("localhost", MIDDLE, Duration.ofDays(3)), Level.CRITICAL),
            new Case("over", Pki.leaf("localhost", MIDDLE, Duration.ofDays(-3)), Level.EXPIRED));

    @TempDir
    Path directory;

    @BeforeEach
    void certificates() throws IOException {
        // Servers give up their rights and must still read what is theirs.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("ca.pem"), Pki.pem(Pki.chain(ROOT)));
        for (Case one : CASES) {
            String chain = Pki.pem(Pki.chain(one.leaf(), MIDDLE));
            Files.writeString(directory.resolve(one.name() + ".pem"), chain);
            Files.writeString(directory.resolve(one.name() + ".key"), one.leaf().getPrivateKeyPEM());
            Files.writeString(
                    directory.resolve(one.name() + ".both"), chain + one.leaf().getPrivateKeyPEM());
        }
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private void see(Endpoint target, Case one) {
        for (boolean boring : new boolean[] {true, false}) {
            CertReport report = probeAt(
                    target.withServerName("localhost"),
                    patient().trust(trust(ROOT)).nativeTls(boring));
            assertThat(report.expiry().effective())
                    .as(target + " " + report.findings())
                    .isEqualTo(one.end());
            assertThat(report.level()).as(report.findings().toString()).isEqualTo(one.level());
            assertThat(report.chain()).hasSize(2);
            assertThat(report.success()).isEqualTo(one.level() != Level.EXPIRED);
        }
    }

    @Test
    void nginx() throws Exception {
        StringBuilder servers = new StringBuilder();
        int[] ports = ports(CASES.size() + 1);
        for (int i = 0; i <= CASES.size(); i++) {
            String name = CASES.get(i % CASES.size()).name();
            servers.append(
                    "server { listen 127.0.0.1:%d ssl; ssl_certificate %s.pem; ssl_certificate_key %s.key; %s }\n"
                            .formatted(
                                    ports[i],
                                    path(name),
                                    path(name),
                                    i < CASES.size()
                                            ? ""
                                            : "ssl_client_certificate " + path("ca.pem") + "; ssl_verify_client on;"));
        }
        Path configuration = Files.writeString(
                directory.resolve("nginx.conf"),
                "daemon off; pid nginx.pid; error_log stderr; events {} http { access_log off; client_body_temp_path b;"
                        + " proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n" + servers
                        + "}");
        try (Installed nginx = Installed.start(
                directory, "nginx", "-e", "stderr", "-p", directory.toString(), "-c", configuration.toString())) {
            seeAll(nginx, ports, port -> CertTarget.tls("127.0.0.1", port));
            CertReport asked = probeAt(
                    CertTarget.tls("127.0.0.1", ports[CASES.size()]).withServerName("localhost"),
                    patient().trust(trust(ROOT)));
            assertThat(asked.has(CLIENT_CERT_REQUIRED)).isTrue();
            assertThat(asked.level()).isEqualTo(Level.OK);
        }
    }

    /** By SSLRequest and, from 17 on, by TLS from the first byte; a new certificate is seen after a reload. */
    @ParameterizedTest
    @ValueSource(ints = {15, 18})
    void postgresql(int version) throws Exception {
        Path certificate = directory.resolve("server.pem");
        Path key = directory.resolve("server.key");
        install(CASES.get(0), certificate, key);
        try (TestPostgres postgres = TestPostgres.fresh(
                version,
                Map.of("ssl", "on", "ssl_cert_file", certificate.toString(), "ssl_key_file", key.toString()))) {
            for (Case one : CASES) {
                install(one, certificate, key);
                postgres.reload();
                Endpoint target = CertTarget.postgres("127.0.0.1", postgres.port())
                        .withServerName("localhost")
                        .withVerification(Verification.FULL);
                Awaitility.await()
                        .atMost(Probes.PATIENCE)
                        .until(() ->
                                one.end().equals(probeAt(target, ROOT).expiry().leaf()));
                see(target, one);
                Endpoint direct = Endpoint.of(Protocol.POSTGRES_DIRECT, "127.0.0.1", postgres.port())
                        .withServerName("localhost")
                        .withVerification(Verification.FULL);
                if (version >= 17) {
                    see(direct, one);
                } else {
                    assertThat(probeAt(direct, ROOT).has(FindingCode.TLS_DIRECT_UNSUPPORTED))
                            .isTrue();
                }
            }
            assertThat(postgres.log()).doesNotContain("could not accept SSL", "unencrypted data");
        }
    }

    private void install(Case one, Path certificate, Path key) throws IOException {
        Files.copy(directory.resolve(one.name() + ".pem"), certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(directory.resolve(one.name() + ".key"), key, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void haproxy() throws Exception {
        int[] ports = ports(CASES.size());
        StringBuilder text =
                new StringBuilder("defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n");
        for (int i = 0; i < CASES.size(); i++) {
            text.append("listen l%d\n bind 127.0.0.1:%d ssl crt %s.both\n server none 127.0.0.1:1\n"
                    .formatted(i, ports[i], path(CASES.get(i).name())));
        }
        Path configuration = Files.writeString(directory.resolve("haproxy.cfg"), text);
        try (Installed haproxy = Installed.start(directory, "haproxy", "-db", "-f", configuration.toString())) {
            seeAll(haproxy, ports, port -> CertTarget.tls("127.0.0.1", port));
            for (Case one : CASES) {
                CertReport file = probeAt(
                        CertTarget.file(directory.resolve(one.name() + ".both")),
                        patient().trust(trust(ROOT)));
                assertThat(file.expiry().effective()).isEqualTo(one.end());
                assertThat(file.level()).isEqualTo(one.level());
            }
        }
    }

    @Test
    void caddy() throws Exception {
        int[] ports = ports(CASES.size());
        StringBuilder text =
                new StringBuilder("{\n admin off\n auto_https off\n storage file_system " + path("caddy") + "\n}\n");
        for (int i = 0; i < CASES.size(); i++) {
            String name = path(CASES.get(i).name());
            text.append("https://localhost:%d {\n bind 127.0.0.1\n tls %s.pem %s.key\n respond \"here\"\n}\n"
                    .formatted(ports[i], name, name));
        }
        Path configuration = Files.writeString(directory.resolve("Caddyfile"), text);
        try (Installed caddy = Installed.start(
                directory, "caddy", "run", "--adapter", "caddyfile", "--config", configuration.toString())) {
            seeAll(caddy, ports, port -> CertTarget.tls("127.0.0.1", port));
        }
    }

    @Test
    void stunnel() throws Exception {
        int[] ports = ports(CASES.size());
        StringBuilder text = new StringBuilder("foreground = yes\npid =\nsyslog = no\n");
        for (int i = 0; i < CASES.size(); i++) {
            String name = path(CASES.get(i).name());
            text.append("[s%d]\naccept = 127.0.0.1:%d\nconnect = 127.0.0.1:1\ncert = %s.pem\nkey = %s.key\n"
                    .formatted(i, ports[i], name, name));
        }
        Path configuration = Files.writeString(directory.resolve("stunnel.conf"), text);
        try (Installed stunnel = Installed.start(directory, "stunnel4", configuration.toString())) {
            seeAll(stunnel, ports, port -> CertTarget.tls("127.0.0.1", port));
        }
    }

    @Test
    void dovecot() throws Exception {
        for (Case one : CASES) {
            int[] ports = ports(3);
            Path base = Files.createDirectories(directory.resolve("dovecot-" + one.name()));
            Path configuration = Files.writeString(directory.resolve(one.name() + "-dovecot.conf"), """
                    base_dir = %1$s
                    state_dir = %1$s
                    log_path = /dev/stderr
                    protocols = imap pop3
                    listen = 127.0.0.1
                    ssl = yes
                    ssl_cert = <%2$s.pem
                    ssl_key = <%2$s.key
                    mail_location = maildir:%1$s/mail
                    passdb { driver = static
                      args = nopassword=y }
                    userdb { driver = static
                      args = uid=nobody gid=nogroup home=%1$s }
                    service imap-login {
                      inet_listener imap { port = %3$d }
                      inet_listener imaps { port = %4$d
                        ssl = yes }
                    }
                    service pop3-login {
                      inet_listener pop3 { port = %5$d }
                      inet_listener pop3s { port = 0 }
                    }
                    """.formatted(
                            base, path(one.name()), ports[0], ports[1], ports[2])
                    .replace("{ port", "{\n port")
                    .replace(" }\n", "\n }\n")
                    .replace("{ driver", "{\n driver"));
            try (Installed dovecot = Installed.start(directory, "dovecot", "-F", "-c", configuration.toString())) {
                for (int port : ports) {
                    dovecot.awaitPort(port);
                }
                see(Endpoint.of(Protocol.IMAP, "127.0.0.1", ports[0]), one);
                see(CertTarget.tls("127.0.0.1", ports[1]), one);
                see(Endpoint.of(Protocol.POP3, "127.0.0.1", ports[2]), one);
            }
        }
    }

    @Test
    void postfix() throws Exception {
        for (Case one : CASES) {
            int port = Installed.freePort();
            Path base = Files.createDirectories(directory.resolve("postfix-" + one.name()));
            Path configuration = Files.createDirectory(base.resolve("etc"));
            Path queue = Files.createDirectory(base.resolve("queue"));
            Path data = Files.createDirectory(base.resolve("data"));
            Files.setOwner(
                    data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postfix"));
            Files.writeString(
                    configuration.resolve("main.cf"), """
                    compatibility_level = 3.6
                    queue_directory = %s
                    data_directory = %s
                    myhostname = localhost
                    mydestination =
                    local_recipient_maps =
                    alias_maps =
                    inet_interfaces = 127.0.0.1
                    inet_protocols = ipv4
                    smtpd_tls_security_level = may
                    smtpd_tls_chain_files = %s.key, %s.pem
                    smtpd_client_restrictions = permit
                    smtpd_relay_restrictions = reject
                    maillog_file = /dev/stdout
                    """.formatted(queue, data, path(one.name()), path(one.name())));
            Files.writeString(configuration.resolve("master.cf"), """
                    127.0.0.1:%d inet n - n - - smtpd
                    cleanup unix n - n - 0 cleanup
                    rewrite unix - - n - - trivial-rewrite
                    tlsmgr unix - - n 1000? 1 tlsmgr
                    anvil unix - - n - 1 anvil
                    postlog unix-dgram n - n - 1 postlogd
                    """.formatted(port));
            try (Installed postfix = Installed.start(base, "postfix", "-c", configuration.toString(), "start-fg")) {
                postfix.awaitPort(port);
                see(Endpoint.of(Protocol.SMTP, "127.0.0.1", port), one);
            }
        }
    }

    private interface Target {
        Endpoint at(int port);
    }

    private void seeAll(Installed program, int[] ports, Target target) {
        for (int i = 0; i < CASES.size(); i++) {
            program.awaitPort(ports[i]);
            see(target.at(ports[i]), CASES.get(i));
        }
    }

    private static int[] ports(int count) throws IOException {
        int[] ports = new int[count];
        for (int i = 0; i < count; i++) {
            ports[i] = Installed.freePort();
        }
        assertThat(java.util.Arrays.stream(ports).boxed().collect(Collectors.toSet()))
                .hasSize(count);
        return ports;
    }
}
