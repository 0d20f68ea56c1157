package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.LdapScope;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.TestDirectory;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Passwords that an LDAP directory judges, with a real one. */
@Tag("installed")
class LdapIT {
    private static final String BASE = TestDirectory.BASE;
    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    private static final String ENTRIES = TestDirectory.person("uid=ann," + BASE, "ann", "ann's")
            + TestDirectory.person("uid=searcher," + BASE, "searcher", "searcher's")
            + TestDirectory.unit("ou=north," + BASE, "north")
            + TestDirectory.unit("ou=south," + BASE, "south")
            + TestDirectory.person("uid=twin,ou=north," + BASE, "twin", "twin's")
            + TestDirectory.person("uid=twin,ou=south," + BASE, "twin", "twin's")
            + TestDirectory.person("uid=bob,ou=north," + BASE, "bob", "bob's")
            + TestDirectory.person("uid=o\\2c dd*(\\5c)\\23," + BASE, "o, dd*(\\)#", "odd's")
            + TestDirectory.person("uid=\\23hash," + BASE, "#hash", "hash's")
            + TestDirectory.person("uid=zoë/x," + BASE, "zoë/x", "zoë's");

    private static final TestPostgres POSTGRES = TestPostgres.shared(18);

    @TempDir
    private static Path shared;

    private static TestPki pki;
    private static TestDirectory directory;
    private static SSLContext before;

    @TempDir
    private Path files;

    @BeforeAll
    static void startTheDirectory() throws NoSuchAlgorithmException {
        before = SSLContext.getDefault();
        pki = new TestPki(shared, "directory");
        directory = start("plain", here(pki), "");
        SSLContext.setDefault(pki.context(null));
    }

    @AfterAll
    static void stopIt() {
        SSLContext.setDefault(before);
        directory.close();
    }

    /** A certificate for this machine; GnuTLS wants more in an elliptic key than Java writes. */
    private static TestPki.Issued here(TestPki authority) {
        return authority.server(
                "localhost",
                certificate -> certificate.addSanIpAddress("127.0.0.1").rsa2048());
    }

    private static TestDirectory start(String name, TestPki.Issued certificate, String more) {
        return TestDirectory.start(shared.resolve(name), certificate, more, ENTRIES);
    }

    // ---- ways to ask

    /** Options with PORT and TLS for the ports, a user and a password that are right, and how the user is found. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "ldapserver=127.0.0.1 ldapport=PORT ldapprefix=\"uid=\" ldapsuffix=\",dc=example,dc=net\" ; ann",
                "\"ldapserver=127.0.0.1\" \"ldapport\"=PORT,ldapprefix=uid= , ldapsuffix=\",dc=example,dc=net\" ; ann",
                "ldapserver=127.0.0.1 ldapport=PORT ldapbasedn=\"dc=example,dc=net\" ; bob",
                "ldapserver=\"127.0.0.2 127.0.0.1\" ldapport=PORT ldapbasedn=\"dc=example,dc=net\" ; ann",
                "ldapserver=127.0.0.1 ldapport=PORT ldapbasedn=\"dc=example,dc=net\""
                        + " ldapbinddn=\"uid=searcher,dc=example,dc=net\" ldapbindpasswd=\"searcher's\" ; bob",
                "ldapserver=127.0.0.1 ldapport=PORT ldapbasedn=\"dc=example,dc=net\" ldapsearchattribute=uid ; bob",
                "ldapserver=127.0.0.1 ldapport=PORT ldapbasedn=\"dc=example,dc=net\" ldapsearchfilter=\"uid=$username\" ; bob",
                "ldapserver=127.0.0.1 ldapport=PORT ldapbasedn=\"dc=example,dc=net\""
                        + " ldapsearchfilter=(|(uid=$username)(mail=$username)) ; bob",
                "ldapurl=\"ldap://127.0.0.1:PORT/dc=example,dc=net?uid?sub\" ; bob",
                "ldapurl=\"ldap://127.0.0.1:PORT/dc=example,dc=net?uid?one\" ; ann",
                "ldapurl=\"ldap://127.0.0.1:PORT/uid=ann,dc=example,dc=net?uid\" ; ann",
                "ldapurl=\"ldap://127.0.0.1:PORT/dc=example%2cdc=net??sub?(%7c(uid=$username)(mail=$username))\" ; bob",
                "ldapurl=\"ldaps://127.0.0.1:TLS/dc=example,dc=net?uid?sub\" ; bob",
                "ldapscheme=ldaps ldapserver=127.0.0.1 ldapport=TLS ldapbasedn=\"dc=example,dc=net\" ; bob",
                "ldapserver=127.0.0.1 ldapport=PORT ldaptls=1 ldapprefix=uid= ldapsuffix=\",dc=example,dc=net\" ; ann",
                "ldapserver=127.0.0.1 ldapport=PORT ldaptls=1 ldapbasedn=\"dc=example,dc=net\""
                        + " ldapbinddn=\"uid=searcher,dc=example,dc=net\" ldapbindpasswd=\"searcher's\" ; bob",
            })
    void theRightPasswordLetsInAndNoOther(String options, String user) throws IOException {
        try (TestPooler pooler = byRule(options)) {
            assertThat(let(pooler, user, user + "'s")).isEqualTo("in");
            assertThat(let(pooler, user, user + "'s ")).isEqualTo(refused(user));
            assertThat(let(pooler, "nobody", user + "'s")).isEqualTo(refused("nobody"));
            // the directory itself would say yes to it
            assertThat(let(pooler, user, ""))
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"28P01\" M \"empty password returned by client\"");
        }
    }

    /** Options of a search that does not find this user, or more than one. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "dc=example,dc=net?uid?one | bob | does not exist",
                "dc=example,dc=net?uid | bob | does not exist",
                "dc=example,dc=net?uid?sub | twin | is not unique",
                "dc=example,dc=net??sub?(objectClass=inetOrgPerson) | ann | is not unique",
                "dc=nowhere?uid?sub | ann | could not search LDAP",
                "dc=example,dc=net??sub?((uid=$username | ann | could not search LDAP",
            })
    void exactlyOneEntryHasToBeFound(String search, String user, String reason) throws IOException {
        try (TestPooler pooler = byRule("ldapurl=\"ldap://127.0.0.1:PORT/" + search + "\"");
                LogCapture log = LogCapture.everything()) {
            assertThat(let(pooler, user, user + "'s")).isEqualTo(refused(user));
            assertThat(log.text()).contains("login refused", reason).doesNotContain(user + "'s");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "a*",
                "ann)(uid=*",
                "*)(|(uid=*",
                "ann\\",
                "\\61nn",
                "ann,dc=example",
                "ann+cn=Person",
                "#",
                " "
            })
    void aNameIsNothingButAName(String hostile) throws IOException {
        for (String way : List.of(
                "ldapprefix=uid= ldapsuffix=\",dc=example,dc=net\"",
                "ldapbasedn=\"dc=example,dc=net\"",
                "ldapbasedn=\"dc=example,dc=net\" ldapsearchfilter=\"(&(objectClass=inetOrgPerson)(uid=$username))\"")) {
            try (TestPooler pooler = byRule("ldapserver=127.0.0.1 ldapport=PORT " + way);
                    LogCapture log = LogCapture.everything()) {
                assertThat(let(pooler, hostile, "ann's")).isEqualTo(refused(hostile));
                // it was a question like others
                assertThat(log.text()).doesNotContain("could not", " WARN");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"o, dd*(\\)# | odd's", "#hash | hash's", "zoë/x | zoë's"})
    void aNameMayHaveAnyCharacter(String user, String password) throws IOException {
        for (String way : List.of(
                "ldapprefix=uid= ldapsuffix=\",dc=example,dc=net\"",
                "ldapbasedn=\"dc=example,dc=net\"",
                "ldapbasedn=\"dc=example,dc=net\" ldapsearchfilter=\"(|(mail=$username)(uid=$username))\"")) {
            try (TestPooler pooler = byRule("ldapserver=127.0.0.1 ldapport=PORT " + way)) {
                assertThat(let(pooler, user, password)).isEqualTo("in");
            }
        }
    }

    // ---- TLS

    @ParameterizedTest
    @CsvSource({"1,PORT", "0,TLS"})
    void aCertificateOfAnotherAuthorityOrNameIsRefused(String startTls, String port) throws IOException {
        String options = "ldapserver=127.0.0.1 ldapport=" + port + " ldaptls=" + startTls
                + (startTls.equals("1") ? "" : " ldapscheme=ldaps") + " ldapprefix=uid= ldapsuffix=\"," + BASE + "\"";
        TestPki stranger = new TestPki(Files.createDirectory(files.resolve("stranger")), "stranger");
        TestPki.Issued otherName = pki.server("ldap.example.net", certificate -> certificate.rsa2048());
        try (TestDirectory untrusted = start("untrusted" + startTls, here(stranger), "");
                TestDirectory misnamed = start("misnamed" + startTls, otherName, "");
                LogCapture log = LogCapture.everything()) {
            for (TestDirectory wrong : List.of(untrusted, misnamed)) {
                try (TestPooler pooler = byRule(options, wrong)) {
                    assertThat(let(pooler, "ann", "ann's")).isEqualTo(refused("ann"));
                }
            }
            assertThat(log.lines().stream().filter(line -> line.contains("WARN LDAP login failed")))
                    .hasSize(2)
                    .allMatch(line -> line.contains("could not connect to LDAP server"));
        }
    }

    @Test
    void nothingIsAskedBeforeStartTls() throws IOException {
        // every operation but StartTLS needs encryption, and nothing is told to strangers
        try (TestDirectory strict = start("strict", here(pki), "security ssf=128\ndisallow bind_anon\n")) {
            String options = "ldapserver=127.0.0.1 ldapport=PORT ldapprefix=uid= ldapsuffix=\"," + BASE + "\"";
            try (TestPooler pooler = byRule(options + " ldaptls=1", strict)) {
                assertThat(let(pooler, "ann", "ann's")).isEqualTo("in");
            }
            try (TestPooler pooler = byRule(options, strict)) {
                assertThat(let(pooler, "ann", "ann's")).isEqualTo(refused("ann"));
            }
        }
    }

    @Test
    void startTlsWithinTlsIsRefused() throws IOException {
        try (TestPooler pooler = byRule("ldaptls=1 ldapurl=\"ldaps://127.0.0.1:TLS/" + BASE + "?uid?sub\"")) {
            assertThat(let(pooler, "ann", "ann's")).isEqualTo(refused("ann"));
        }
    }

    // ---- directories that are of no help

    @Test
    void aServerThatIsDownRefusesAndTheLogSaysWhy() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = closed.getLocalPort();
        }
        try (TestPooler pooler = byRule("ldapserver=127.0.0.1 ldapport=" + port + " ldapprefix=uid=");
                LogCapture log = LogCapture.everything()) {
            assertThat(let(pooler, "ann", "ann's")).isEqualTo(refused("ann"));
            assertThat(log.text())
                    .contains("WARN LDAP login failed", "could not connect to LDAP server \"127.0.0.1\"")
                    .doesNotContain("ann's");
        }
    }

    /** Silence from the first byte, or behind the yes to StartTLS. */
    @ParameterizedTest
    @CsvSource({"0,ldap", "1,ldap", "0,ldaps"})
    void aServerThatSaysNothingRefusesAfterSecondsAndHoldsUpNobody(String startTls, String scheme) throws IOException {
        try (Silent silent = new Silent();
                TestPooler pooler = byRule("ldapscheme=" + scheme + " ldaptls=" + startTls
                        + " ldapserver=127.0.0.1 ldapport=" + silent.port() + " ldapprefix=uid= ldapsuffix=\"," + BASE
                        + "\"\nhost all all all trust");
                WireClient waiting = pooler.connect();
                WireClient other = pooler.connect()) {
            waiting.startup("ann", "app");
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(
                    () -> waiting.authenticate("ann's").toString());
            silent.awaitClient();
            other.startup("app", "app").awaitLogin("");
            assertThat(other.value("SELECT 1")).isEqualTo("1");
            assertThat(answer).isNotDone();
            assertThat(answer.join()).isEqualTo(refused("ann"));
            silent.awaitEnd();
        }
    }

    /** Takes connections, says yes to what may be a StartTLS, and nothing more. */
    private static final class Silent implements AutoCloseable {
        /** ExtendedResponse to the first message: success. */
        private static final byte[] YES = {0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0};

        private final ServerSocket listener = new ServerSocket(0, 8, InetAddress.getByName("127.0.0.1"));
        private final CompletableFuture<Socket> accepted = new CompletableFuture<>();

        Silent() throws IOException {
            Thread thread = new Thread(this::serve, "silent");
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            try {
                Socket socket = listener.accept();
                byte[] first = new byte[512];
                int length = socket.getInputStream().read(first);
                // an ExtendedRequest, and not a bind
                if (length > 5 && first[5] == 0x77) {
                    socket.getOutputStream().write(YES);
                }
                accepted.complete(socket);
            } catch (IOException e) {
                accepted.completeExceptionally(e);
            }
        }

        int port() {
            return listener.getLocalPort();
        }

        void awaitClient() {
            accepted.join();
        }

        /** Nothing of the login is left over. */
        void awaitEnd() throws IOException {
            Socket socket = accepted.join();
            socket.setSoTimeout(60_000);
            byte[] rest = new byte[1024];
            int length;
            do {
                length = socket.getInputStream().read(rest);
            } while (length >= 0);
        }

        @Override
        public void close() throws IOException {
            listener.close();
            if (accepted.isDone() && !accepted.isCompletedExceptionally()) {
                accepted.join().close();
            }
        }
    }

    // ---- servers, settings and rules

    @Test
    void serversAreLoggedInToWithTheSamePassword() throws IOException {
        String role = POSTGRES.createRole("scram-sha-256", "role's");
        String other = POSTGRES.createRole("scram-sha-256", "other's");
        String entry = TestDirectory.person("uid=" + role + "," + BASE, role, "role's");
        try (TestDirectory own = TestDirectory.start(shared.resolve(role), here(pki), "", entry);
                TestPooler pooler = TestPooler.start(builder -> builder.ldap(ldap -> ldap.servers("127.0.0.1")
                                .port(own.port())
                                .baseDn(BASE)
                                .scope(LdapScope.ONE))
                        .database("app", db -> TestPooler.at(db, POSTGRES))
                        .database(
                                "forced",
                                db -> TestPooler.at(db, POSTGRES)
                                        .databaseName("app")
                                        .user(other)
                                        .password("other's")));
                WireClient client = pooler.connect();
                WireClient forced = pooler.connect()) {
            client.startup(role, "app").awaitLogin("role's");
            assertThat(client.value("SELECT current_user")).isEqualTo(role);
            // of no use to another user of the server
            forced.startup(role, "forced").awaitLogin("role's");
            assertThat(forced.value("SELECT current_user")).isEqualTo(other);
            assertThat(POSTGRES.log()).doesNotContain("authentication failed for user \"" + other + "\"");
        }
    }

    @Test
    void aChangedFileOfRulesCountsForTheNextLogin() throws IOException {
        Path rules = write(
                rule("ldapserver=127.0.0.1 ldapport=PORT ldapprefix=cn= ldapsuffix=\"," + BASE + "\"", directory));
        try (TestPooler pooler = TestPooler.start(builder -> builder.hbaFile(rules)
                .database("app", db -> TestPooler.at(db, POSTGRES).user("app")))) {
            assertThat(let(pooler, "ann", "ann's")).isEqualTo(refused("ann"));
            write(rule("ldapserver=127.0.0.1 ldapport=PORT ldapprefix=uid= ldapsuffix=\"," + BASE + "\"", directory));
            Files.setLastModifiedTime(rules, FileTime.from(LONG_AGO.plusSeconds(1)));
            assertThat(let(pooler, "ann", "ann's")).isEqualTo("in");
        }
    }

    @Test
    void whatCantWorkIsToldBefore() {
        assertThatThrownBy(() -> PgPool.builder()
                        .ldap(ldap -> ldap.servers("a", "b:1").prefix("uid=").bindPassword("hidden"))
                        .database("app", db -> {})
                        .build())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("auth.ldap: ldapserver: [a, b:1] (expected: names of hosts")
                .hasMessageContaining("auth.ldap: cannot mix options for simple bind and search+bind modes")
                .hasMessageNotContaining("hidden");
    }

    private static String refused(String user) {
        return "ErrorResponse S \"FATAL\" C \"28000\" M \"LDAP authentication failed for user \"" + user + "\"\"";
    }

    private TestPooler byRule(String options) throws IOException {
        return byRule(options, directory);
    }

    private TestPooler byRule(String options, TestDirectory asked) throws IOException {
        Path rules = write(rule(options, asked));
        return TestPooler.start(builder -> builder.hbaFile(rules)
                .database("app", db -> TestPooler.at(db, POSTGRES).user("app")));
    }

    private static String rule(String options, TestDirectory asked) {
        String line =
                options.replace("PORT", String.valueOf(asked.port())).replace("TLS", String.valueOf(asked.tlsPort()));
        return "host all app all trust\nhost all all 127.0.0.1/32 ldap " + line + "\n";
    }

    private Path write(String rules) throws IOException {
        Path file = files.resolve("hba.conf");
        Files.writeString(file, rules);
        Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
        return file;
    }

    /** {@code in}, or the error that the client was sent. */
    private static String let(TestPooler pooler, String user, String password) {
        try (WireClient client = pooler.connect()) {
            String answer = client.startup(user, "app").authenticate(password).toString();
            return answer.startsWith("Authentication 0") || answer.equals("AuthenticationOk") ? "in" : answer;
        }
    }
}
