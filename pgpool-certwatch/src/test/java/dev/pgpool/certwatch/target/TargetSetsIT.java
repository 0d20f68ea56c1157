package dev.pgpool.certwatch.target;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.Probes;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories, patterns and lists whose targets come and go. */
class TargetSetsIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    @TempDir
    Path directory;

    private Path write(String name, Duration left) throws IOException {
        return write(name, Pki.pem(Pki.chain(Pki.leaf("localhost", ROOT, left))));
    }

    private Path write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static CertWatch started(CertWatchBuilder builder) {
        CertWatch watch = builder.build();
        watch.start();
        return watch;
    }

    private static CertSnapshot probe(CertWatch watch) {
        try {
            return watch.checkNow().get(Probes.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Names of the targets that are no sets, without the directory. */
    private Set<String> names(CertSnapshot snapshot) {
        return snapshot.reports().stream()
                .map(CertReport::target)
                .filter(target -> !(target instanceof TargetSet))
                .map(target -> target.name().replace("file:" + directory + "/", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static CertReport set(CertSnapshot snapshot) {
        return snapshot.reports().stream()
                .filter(report -> report.target() instanceof TargetSet)
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /                | a.pem b.crt empty.pem
            /*.pem           | a.pem empty.pem
            /{a,b}.*         | a.pem b.crt
            /[ab].*          | a.pem b.crt
            /%3F.pem         | a.pem
            /*/*             | sub/c.pem sub/d.pem
            /*/c.*           | sub/c.pem
            /**/*.pem        | a.pem empty.pem sub/c.pem sub/d.pem sub/deep/e.pem
            /**              | a.pem b.crt empty.pem sub/c.pem sub/d.pem sub/deep/e.pem
            /sub/*/e.pem     | sub/deep/e.pem
            /?recursive=true | a.pem b.crt empty.pem sub/c.pem sub/d.pem sub/deep/e.pem
            """)
    void patternsMatchCertificateFilesOnly(String pattern, String expected) throws IOException {
        X509Bundle leaf = Pki.leaf("localhost", ROOT, Duration.ofDays(100));
        write("a.pem", Duration.ofDays(100));
        Files.write(directory.resolve("b.crt"), derOf(leaf));
        write("empty.pem", "");
        write("key.pem", leaf.getPrivateKeyPEM());
        Files.write(directory.resolve("key.der"), leaf.getKeyPair().getPrivate().getEncoded());
        write("request.pem", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n");
        write("README", "how to renew");
        write("openssl.cnf", "[req]\n");
        write(".hidden.pem", Duration.ofDays(1));
        write("..2026_01_01/x.pem", Duration.ofDays(1));
        write("sub/c.pem", Duration.ofDays(100));
        write("sub/d.pem", Duration.ofDays(3));
        write("sub/deep/e.pem", Duration.ofDays(100));
        Files.createSymbolicLink(directory.resolve("sub/loop"), directory);
        try (CertWatch watch = started(patient().trust(trust(ROOT)).target("file:" + directory + pattern))) {
            CertSnapshot snapshot = probe(watch);
            assertThat(names(snapshot)).containsExactlyInAnyOrder(expected.split(" "));
            assertThat(set(snapshot).level()).isEqualTo(Level.OK);
            assertThat(set(snapshot).success()).isTrue();
        }
    }

    private static byte[] derOf(X509Bundle bundle) {
        try {
            return bundle.getCertificate().getEncoded();
        } catch (java.security.cert.CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void eachFileIsATargetWithLabelsAndPasswordOfTheSet() throws Exception {
        write("a.pem", Duration.ofDays(3));
        Path store = Pki.leaf("localhost", ROOT, Duration.ofDays(9))
                .toTempKeyStoreFile("secret".toCharArray())
                .toPath();
        Files.copy(store, directory.resolve("b.p12"));
        try (CertWatch watch = started(patient()
                .trust(trust(ROOT))
                .target("file:" + directory + "/?password=secret&label.team=ops&warning=20d&critical=5d"))) {
            CertSnapshot snapshot = probe(watch);
            CertReport a = snapshot.report("file:" + directory + "/a.pem").orElseThrow();
            CertReport b = snapshot.report("file:" + directory + "/b.p12").orElseThrow();
            assertThat(codes(a)).containsExactly(EXPIRING_CRITICAL);
            assertThat(codes(b)).containsExactlyInAnyOrder(EXPIRING_WARNING, ROOT_SERVED);
            assertThat(b.target().labels()).containsEntry("team", "ops");
            assertThat(snapshot.worst()).isEqualTo(Level.CRITICAL);
        }
    }

    @Test
    void filesAppearAndVanishWhileItRuns() throws Exception {
        List<String> removed = new CopyOnWriteArrayList<>();
        List<Notice> notices = new CopyOnWriteArrayList<>();
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onRemoved(CertTarget target) {
                removed.add(target.name());
            }
        };
        try (CertWatch watch = started(patient()
                .trust(trust(ROOT))
                .discovery(Duration.ofMillis(200))
                .firstSweep(Duration.ofMillis(100))
                .listener(listener)
                .onNotice(notices::add)
                .target("file:" + directory + "/*.pem"))) {
            assertThat(watch.awaitFirstSweep(Probes.PATIENCE)).isTrue();
            assertThat(codes(set(watch.snapshot()))).containsExactly(NO_MATCH);
            assertThat(watch.snapshot().worst()).isEqualTo(Level.CRITICAL);
            Path a = write("a.pem", Duration.ofDays(100));
            Awaitility.await().atMost(Probes.PATIENCE).untilAsserted(() -> {
                assertThat(names(watch.snapshot())).containsExactly("a.pem");
                assertThat(watch.snapshot().worst()).isEqualTo(Level.OK);
            });
            // Emptied is not vanished.
            Files.writeString(a, "");
            probe(watch);
            CertReport emptied = watch.snapshot().report("file:" + a).orElseThrow();
            assertThat(codes(emptied)).containsExactly(NO_CERTIFICATE_FOUND);
            assertThat(emptied.expiry().effective()).isNotNull();
            write("b.pem", Duration.ofDays(2));
            Files.delete(a);
            Awaitility.await().atMost(Probes.PATIENCE).untilAsserted(() -> {
                assertThat(names(watch.snapshot())).containsExactly("b.pem");
                assertThat(removed).containsExactly("file:" + a);
                assertThat(notices)
                        .anySatisfy(notice ->
                                assertThat(notice.text()).startsWith("CRITICAL file:" + directory + "/b.pem"));
            });
            assertThat(watch.remove("file:" + directory + "/*.pem")).isTrue();
            Awaitility.await()
                    .atMost(Probes.PATIENCE)
                    .untilAsserted(() -> assertThat(watch.size()).isZero());
        }
    }

    @Test
    void aFileThatWasACertificateIsWatchedWhateverBecomesOfIt() throws Exception {
        Path file = write("service", Duration.ofDays(100));
        try (CertWatch watch = started(patient().trust(trust(ROOT)).target("file:" + directory + "/"))) {
            assertThat(names(probe(watch))).containsExactly("service");
            Files.writeString(file, "no certificate any more");
            // The set and its member are probed in no order: the second time both have seen it.
            probe(watch);
            CertSnapshot after = probe(watch);
            assertThat(names(after)).containsExactly("service");
            assertThat(codes(after.report("file:" + file).orElseThrow())).containsExactly(PARSE_ERROR);
        }
    }

    @Test
    void aSecretMountThatIsSwappedIsReadAnewUnderTheSameNames() throws Exception {
        Path first = write("..2026_01_01/tls.crt", Duration.ofDays(3)).getParent();
        write("..2026_01_01/ca.crt", Pki.pem(Pki.chain(ROOT)));
        write("..2026_01_01/tls.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        Path data = directory.resolve("..data");
        Files.createSymbolicLink(data, first.getFileName());
        for (String name : List.of("tls.crt", "ca.crt", "tls.key")) {
            Files.createSymbolicLink(directory.resolve(name), Path.of("..data", name));
        }
        try (CertWatch watch = started(patient().trust(trust(ROOT)).target("file:" + directory))) {
            CertSnapshot before = probe(watch);
            assertThat(names(before)).containsExactly("ca.crt", "tls.crt");
            assertThat(before.worst()).isEqualTo(Level.CRITICAL);
            Path second = write("..2026_02_02/tls.crt", Duration.ofDays(300)).getParent();
            write("..2026_02_02/ca.crt", Pki.pem(Pki.chain(ROOT)));
            Path swap = Files.createSymbolicLink(directory.resolve("..data_tmp"), second.getFileName());
            Files.move(swap, data, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            CertSnapshot after = probe(watch);
            assertThat(names(after)).containsExactly("ca.crt", "tls.crt");
            assertThat(after.worst()).isEqualTo(Level.OK);
            assertThat(after.report("file:" + directory + "/tls.crt")
                            .orElseThrow()
                            .renewals())
                    .isEqualTo(1);
        }
    }

    @Test
    void theFirstSweepWaitsForWhatSetsBringForth() throws Exception {
        for (int i = 0; i < 20; i++) {
            write("certs/" + i + ".pem", Duration.ofDays(100));
        }
        Path list = write("targets.txt", "file:" + directory + "/certs/*.pem\ntruststore:jdk\n");
        try (CertWatch watch = started(
                patient().trust(trust(ROOT)).firstSweep(Duration.ofSeconds(1)).target("targets:" + list))) {
            assertThat(watch.awaitFirstSweep(Probes.PATIENCE)).isTrue();
            assertThat(watch.snapshot().pending()).isEmpty();
            assertThat(watch.snapshot().reports()).hasSize(23);
        }
    }

    @Test
    void aListOfUrlsIsReadAgainWhenItChanges() throws Exception {
        Path a = write("a.pem", Duration.ofDays(100));
        Path list = write(
                "targets.txt",
                "\uFEFF# ours\r\n\r\n  file:" + a + "   # the first\r\nno url\r\nfile:" + a
                        + "?name=again&label.team=x\r\nfile:" + a
                        + "\r\ntargets:/etc/other\r\nfile:/x?password=SECRET&y=1\r\n");
        List<Notice> notices = new CopyOnWriteArrayList<>();
        try (CertWatch watch = started(patient()
                .trust(trust(ROOT))
                .onNotice(notices::add)
                .target("targets:" + list + "?name=list&label.env=prod&label.team=y&mute=NO_MATCH"))) {
            CertSnapshot snapshot = probe(watch);
            assertThat(names(snapshot)).containsExactly("a.pem", "again");
            CertReport report = snapshot.report("list").orElseThrow();
            assertThat(codes(report)).containsExactly(TARGETS_INVALID);
            assertThat(report.level()).isEqualTo(Level.WARNING);
            assertThat(report.findings().get(0).message())
                    .contains("line 4: no url: no scheme", "line 6: \"file:" + a + "\" is listed already")
                    .contains("line 7: a list within a list", "line 8: file:/x: option \"y\"")
                    .doesNotContain("SECRET");
            assertThat(snapshot.report("again").orElseThrow().target().labels())
                    .containsEntry("team", "x")
                    .containsEntry("env", "prod");
            // Another label is no other target: nothing is told again, nothing forgotten.
            write("a.pem", Duration.ofDays(300));
            probe(watch);
            Files.writeString(list, "file:" + a + "?name=again&label.team=z\n");
            snapshot = probe(watch);
            assertThat(names(snapshot)).containsExactly("again");
            CertReport again = snapshot.report("again").orElseThrow();
            assertThat(again.target().labels()).containsEntry("team", "z");
            assertThat(again.renewals()).isEqualTo(1);
            assertThat(codes(snapshot.report("list").orElseThrow())).isEmpty();
        }
        assertThat(notices)
                .allSatisfy(
                        notice -> assertThat(notice.report().target().name()).isEqualTo("list"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " \n", "[{\"targets\": [\"file:", "\0\1\2", "- targets: [a\n  b: {", "[[[[", "GONE", "\u00ff"
            })
    void aListThatCannotBeReadLeavesTheTargets(String broken) throws Exception {
        Path a = write("a.pem", Duration.ofDays(100));
        Path list = write("targets.json", "[{\"targets\": [\"file:" + a + "\"]}]");
        try (CertWatch watch = started(patient().trust(trust(ROOT)).target("targets:" + list))) {
            assertThat(names(probe(watch))).containsExactly("a.pem");
            if (broken.equals("GONE")) {
                Files.delete(list);
            } else {
                Files.write(list, broken.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            CertSnapshot snapshot = probe(watch);
            if (!broken.equals("\0\1\2")) {
                assertThat(names(snapshot)).containsExactly("a.pem");
            }
            assertThat(set(snapshot).level()).isEqualTo(Level.CRITICAL);
            assertThat(set(snapshot).success()).isFalse();
            Files.writeString(list, "[]");
            CertSnapshot none = probe(watch);
            assertThat(names(none)).isEmpty();
            assertThat(codes(set(none))).containsExactly(NO_MATCH);
            assertThat(set(none).level()).isEqualTo(Level.WARNING);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "yml"})
    void fileSdIsReadAsPrometheusHasIt(String form) throws Exception {
        Path a = write("a.pem", Duration.ofDays(100));
        String json = "[{\"targets\": [\"file:" + a + "?name=one\", \"https://h.invalid:8443/path\"],"
                + " \"labels\": {\"team\": \"ops\", \"version_of\": 1.10, \"__param_module\": \"http_2xx\", \"kind\": \"x\"}},"
                + " {\"targets\": [\"h.invalid:5000\"], \"labels\": {\"instance\": \"named here\"}},"
                + " {\"targets\": [\"h.invalid\", \"h.invalid:443\", []]}, {\"labels\": {}}, \"x\"]";
        String yaml = "# comment\n- targets:\n  - file:" + a + "?name=one\n  - 'https://h.invalid:8443/path'\n"
                + "  labels: &l\n    team: ops\n    version_of: 1.10\n    __param_module: http_2xx\n    kind: x\n"
                + "- targets: ['h.invalid:5000']\n  labels: {instance: named here}\n"
                + "- targets: [h.invalid, 'h.invalid:443', []]\n- labels: {}\n- x\n";
        Path list = write("sd." + form, form.equals("json") ? json : yaml);
        AddressResolver none = host -> List.of();
        try (CertWatch watch =
                started(patient().trust(trust(ROOT)).resolver(none).target("targets:" + list))) {
            CertSnapshot snapshot = probe(watch);
            assertThat(names(snapshot))
                    .containsExactlyInAnyOrder("one", "https://h.invalid:8443", "named here", "https://h.invalid");
            assertThat(snapshot.report("one").orElseThrow().target().labels())
                    .containsEntry("team", "ops")
                    .containsEntry("version_of", "1.10")
                    .hasSize(2);
            assertThat(snapshot.report("named here").orElseThrow().target())
                    .isEqualTo(CertTarget.tls("h.invalid", 5000).named("named here"));
            assertThat(set(snapshot).findings().get(0).message())
                    .contains("label name: \"kind\"", "\"https://h.invalid\" is listed already");
        }
    }

    @Test
    void yamlThatAttacksIsRefused() throws Exception {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 60; i++) {
            bomb.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
        }
        List<String> attacks = List.of(
                bomb.toString(),
                "&a\n- *a\n- targets: *a\n",
                "- !!javax.script.ScriptEngineManager [x]\n",
                "[".repeat(5000) + "]".repeat(5000),
                "- ".repeat(5000) + "x",
                "- targets: [a]\n  targets: [b]\n");
        for (String attack : attacks) {
            Path list = write("x.yml", attack);
            try (CertWatch watch = started(patient().target("targets:" + list))) {
                CertSnapshot snapshot = probe(watch);
                assertThat(names(snapshot)).isEmpty();
                assertThat(set(snapshot).level()).isEqualTo(Level.CRITICAL);
            }
        }
    }

    @Test
    void whatIsGivenByItselfComesBeforeWhatASetFinds() throws Exception {
        Path a = write("a.pem", Duration.ofDays(3));
        try (CertWatch watch = started(patient()
                .trust(trust(ROOT))
                .target("file:" + a + "?mute=EXPIRING_CRITICAL")
                .target("file:" + directory + "/")
                .target("file:" + directory + "/*.pem"))) {
            CertSnapshot snapshot = probe(watch);
            assertThat(names(snapshot)).containsExactly("a.pem");
            assertThat(snapshot.worst()).isEqualTo(Level.OK);
        }
    }

    @Test
    void aPatternThatIsNoneIsRefused() {
        assertThatThrownBy(() -> CertTarget.parse("file:/x/[a"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: a pattern of file names");
        assertThatThrownBy(() -> CertTarget.parse("file:/x/*.pem?key=/k")).hasMessageContaining("option \"key\"");
        assertThatThrownBy(() -> CertTarget.parse("targets:/x?password=SECRET"))
                .hasMessageContaining("option \"password\"")
                .hasMessageNotContaining("SECRET");
        assertThatThrownBy(() -> CertTarget.parse("targets:")).hasMessageContaining("no local path");
        assertThat(CertTarget.parse("targets:rel/x.txt")).isEqualTo(TargetSet.list(Path.of("rel/x.txt")));
    }

    @Test
    void aFileWhoseNameLooksLikeAPatternIsThatFile() throws IOException {
        Path odd = write("a[1].pem", Duration.ofDays(100));
        assertThat(CertTarget.parse("file:" + odd)).isEqualTo(CertTarget.file(odd));
    }

    @Test
    void aDirectoryThatIsGoneIsAFinding() throws Exception {
        try (CertWatch watch = started(patient().target("file:" + directory + "/none/"))) {
            CertSnapshot snapshot = probe(watch);
            assertThat(codes(set(snapshot))).containsExactly(NO_MATCH);
            assertThat(snapshot.worst()).isEqualTo(Level.CRITICAL);
        }
    }
}
