package dev.pgpool.core.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.pgbouncer.IniCheck.Finding;
import dev.pgpool.core.pgbouncer.IniCheck.Kind;
import dev.pgpool.core.pgbouncer.Keys.Use;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IniCheckTest {
    /** Given, with PgBouncer's defaults, so that nothing is said of them. */
    private static final List<String> NOTHING_TO_SAY = List.of(
            "max_prepared_statements = 200",
            "server_check_query = <empty>",
            "query_wait_notify = 5",
            "server_tls_sslmode = prefer",
            "client_tls_protocols = secure",
            "server_tls_protocols = secure");

    @TempDir
    Path directory;

    private List<String> check(List<String> lines) throws IOException {
        Path file = Files.write(directory.resolve("old.ini"), lines);
        return IniCheck.of(file).stream()
                .map(finding -> finding.toString().replace(directory + "/", ""))
                .toList();
    }

    private static List<String> with(String... lines) {
        List<String> all = new ArrayList<>(List.of("[databases]", "app = host=db", "[pgbouncer]"));
        all.addAll(NOTHING_TO_SAY);
        all.addAll(List.of(lines));
        return all;
    }

    @Test
    void whatIsTheSameIsNotSaid() throws IOException {
        assertThat(check(with("listen_port = 6433", "max_client_conn = 7", "so_reuseport = 1")))
                .isEmpty();
    }

    static List<Keys.Key> keys() {
        return Keys.ALL;
    }

    /** What the table of the documentation says of a key is said of its line. */
    @ParameterizedTest
    @MethodSource("keys")
    void linesAreWhatTheTableSays(Keys.Key key) throws IOException {
        KeySamples samples = new KeySamples(directory);
        boolean statements = key.name().equals("max_prepared_statements");
        String value = statements ? "0" : samples.other(key);
        List<String> lines = new ArrayList<>(List.of(samples.lines(key, key.name() + " = " + value)));
        String line = "old.ini:" + lines.size() + ": " + key.name();
        List<String> said = check(lines).stream()
                .filter(finding -> finding.contains(line + ":") || finding.contains(line + " "))
                .toList();
        Kind expected = key.use() == Use.IGNORED
                ? Kind.WITHOUT_EFFECT
                : !key.why().isEmpty() && (key.use() == Use.SUPPORTED || isOwnWay(key)) ? Kind.DIFFERENT : null;
        if (isUnfit(key)) {
            // the file that it names has nothing in it
            assertThat(said).allMatch(finding -> finding.startsWith("refused: "));
        } else if (expected == null) {
            assertThat(said).isEmpty();
        } else {
            assertThat(said)
                    .singleElement()
                    .asString()
                    .startsWith(expected + ": old.ini:" + lines.size() + ": ")
                    .contains(key.why());
        }
    }

    private static boolean isOwnWay(Keys.Key key) {
        return key.name().equals("user") || key.name().equals("syslog");
    }

    private static boolean isUnfit(Keys.Key key) {
        return key.name().matches("(client|server)_tls_(key|cert|ca)_file|client_tls_sslmode");
    }

    @Test
    void everyKindIsToldInTheOrderOfTheLines() throws IOException {
        assertThat(check(List.of(
                        "[databases]",
                        "app = host=db password=secret colour=red",
                        "[peers]",
                        "1 = host=one pool_size=5",
                        "[pgbouncer]",
                        "query_timeout = 5",
                        "dns_zone_check_period = 9",
                        "auth_type = pam",
                        "max_prepared_statements = 100",
                        "server_check_query = select 1",
                        "query_wait_notify = 0",
                        "server_tls_sslmode = disable",
                        "client_tls_protocols = all")))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("refused: old.ini:2: app.colour: no such key"),
                        line -> assertThat(line)
                                .isEqualTo("without effect: old.ini:4: 1.pool_size has no effect: a cancel request"
                                        + " needs no pool"),
                        line -> assertThat(line)
                                .isEqualTo("different: old.ini:6: query_timeout: the query is cancelled, and its"
                                        + " client stays connected"),
                        line -> assertThat(line)
                                .startsWith("without effect: old.ini:7: dns_zone_check_period has no effect: "),
                        line -> assertThat(line).startsWith("refused: old.ini:8: auth_type: \"pam\" (expected: one of"),
                        line -> assertThat(line)
                                .isEqualTo("other default: old.ini: server_tls_protocols: not given: \"secure\", as in"
                                        + " PgBouncer since 1.13; it was \"all\" before"));
    }

    @Test
    void linesOfIncludedFilesAreTheirs() throws IOException {
        Path more = Files.write(directory.resolve("more.ini"), List.of("; first", "suspend_timeout = 3"));
        assertThat(check(with("%include " + more)))
                .containsExactly("without effect: more.ini:2: suspend_timeout has no effect: SUSPEND lets transactions"
                        + " end");
    }

    @Test
    void whatOnlyTheFilesShowIsSaid() throws IOException {
        Path rules = Files.write(directory.resolve("hba"), List.of("host all all all trust", "host all all all pam"));
        assertThat(check(with("auth_type = hba", "auth_hba_file = " + rules)))
                .anyMatch(line -> line.startsWith("refused: hba:2: "));
        assertThat(IniCheck.of(directory.resolve("absent.ini")))
                .extracting(Finding::kind)
                .first()
                .isEqualTo(Kind.REFUSED);
    }

    @Test
    void secretsAreNotShown() throws IOException {
        assertThat(check(List.of(
                        "[databases]",
                        "app = host=db user=x password=SCRAM-SHA-256$geheim",
                        "bad = password='geheim",
                        "geheim",
                        "[pgbouncer]",
                        "auth_type = ldap",
                        "auth_ldap_options = ldapserver=x ldapbindpasswd=geheim ldapport=x")))
                .isNotEmpty()
                .noneMatch(line -> line.contains("geheim"));
    }
}
