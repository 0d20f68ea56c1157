package dev.pgpool.certwatch.file;

import static dev.pgpool.certwatch.finding.FindingCode.*;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.CertTarget;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kubernetes' files with certificates in them. */
class ManifestsIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final X509Bundle WELL = Pki.leaf("web", ROOT, Duration.ofDays(300));
    private static final X509Bundle ENDING = Pki.leaf("web", ROOT, Duration.ofDays(3));
    private static final String CA = Pki.pem(Pki.chain(ROOT));

    @TempDir
    Path directory;

    private static String pem(X509Bundle bundle) {
        return Pki.pem(Pki.chain(bundle));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String indented(String text, int spaces) {
        return text.stripTrailing().indent(spaces);
    }

    private CertReport probe(String name, String text) throws IOException {
        return probeAt(
                CertTarget.file(Files.writeString(directory.resolve(name), text)),
                patient().trust(trust(ROOT)));
    }

    private static List<String> places(CertReport report) {
        return report.chains().stream()
                .map(chain -> chain.where().replaceAll("^[^,]*(, )?", ""))
                .toList();
    }

    private static String secret(X509Bundle leaf, X509Bundle key) {
        return "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: {name: web, namespace: prod}\ndata:\n  tls.crt: "
                + base64(pem(leaf)) + "\n  tls.key: " + base64(key.getPrivateKeyPEM()) + "\n  ca.crt: " + base64(CA)
                + "\n  password: " + base64("hunter2") + "\n  garbled: '***'\n";
    }

    @Test
    void aSecretShowsItsCertificates() throws IOException {
        CertReport report = probe("secret.yaml", secret(ENDING, ENDING));
        assertThat(codes(report)).containsExactly(EXPIRING_CRITICAL);
        assertThat(places(report)).containsExactlyInAnyOrder("secret prod/web tls.crt", "secret prod/web ca.crt");
        assertThat(codes(probe("well.yaml", secret(WELL, WELL)))).isEmpty();
    }

    @Test
    void aKeyThatIsNotTheCertificatesIsFound() throws IOException {
        CertReport report = probe("secret.yaml", secret(WELL, ENDING));
        assertThat(codes(report)).containsExactly(KEY_MISMATCH);
        assertThat(report.findings().get(0).message()).contains("secret prod/web tls.crt");
    }

    @Test
    void severalDocumentsListsAndJsonAreAllRead() throws IOException {
        String several = "---\nkind: Deployment\n---\n" + secret(WELL, WELL)
                + "---\nkind: ConfigMap\nmetadata:\n  name: ca\ndata:\n" + "  settings: |\n    a: b\n  bundle.pem: |\n"
                + indented(CA + pem(ENDING), 4) + "...\n";
        CertReport report = probe("all.yml", several);
        assertThat(codes(report)).contains(EXPIRING_CRITICAL);
        assertThat(places(report)).anyMatch(place -> place.startsWith("configmap ca bundle.pem"));
        String json =
                "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"kind\":\"Secret\",\"metadata\":{\"name\":\"j\"},"
                        + "\"data\":{\"tls.crt\":\"" + base64(pem(ENDING)) + "\"},\"stringData\":{\"other.crt\":\""
                        + pem(WELL).replace("\n", "\\n") + "\"}},{\"kind\":\"Secret\",\"data\":null}]}";
        CertReport list = probe("list.json", json);
        assertThat(codes(list)).containsExactly(EXPIRING_CRITICAL);
        assertThat(places(list)).containsExactlyInAnyOrder("secret j tls.crt", "secret j other.crt");
    }

    @Test
    void keyStoresInSecretsAreOpened() throws Exception {
        byte[] store = Files.readAllBytes(
                ENDING.toTempKeyStoreFile("secret".toCharArray()).toPath());
        String text = "kind: Secret\nmetadata: {name: s}\ndata:\n  keystore.p12: "
                + Base64.getEncoder().encodeToString(store) + "\n";
        Path file = Files.writeString(directory.resolve("s.yaml"), text);
        assertThat(codes(probeAt(CertTarget.file(file).withPassword("secret".toCharArray()), ROOT)))
                .contains(EXPIRING_CRITICAL);
        assertThat(codes(probeAt(CertTarget.file(file), ROOT))).containsExactly(BAD_PASSWORD);
    }

    @Test
    void aKubeconfigShowsAuthoritiesAndClients() throws IOException {
        Files.writeString(directory.resolve("ca.pem"), CA);
        String text =
                "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- name: one\n  cluster:\n    server: https://a\n"
                        + "    certificate-authority-data: " + base64(CA)
                        + "\n- name: two\n  cluster:\n    certificate-authority: ca.pem\n"
                        + "- name: three\n  cluster: {certificate-authority: none.pem}\nusers:\n- name: admin\n  user:\n"
                        + "    client-certificate-data: " + base64(pem(ENDING)) + "\n    client-key-data: "
                        + base64(ENDING.getPrivateKeyPEM()) + "\n- name: other\n  user: {token: hunter2}\n";
        CertReport report = probe("config", text);
        assertThat(codes(report)).containsExactlyInAnyOrder(EXPIRING_CRITICAL, FILE_NOT_FOUND);
        assertThat(places(report)).containsExactlyInAnyOrder("cluster one", "cluster two", "user admin");
        assertThat(codes(probe(
                        "config", text.replace(base64(ENDING.getPrivateKeyPEM()), base64(WELL.getPrivateKeyPEM())))))
                .contains(KEY_MISMATCH);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            kind: Secret                                              | NO_CERTIFICATE_FOUND
            kind: Secret\\ndata: {tls.crt: '%%%'}                     | PARSE_ERROR
            kind: Secret\\ndata: {tls.crt: QUJD}                      | PARSE_ERROR
            kind: Secret\\ndata: {tls.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==} | PARSE_ERROR
            kind: Secret\\ndata: [                                    | PARSE_ERROR
            kind: Secret\\ndata: &a {x: *a}                           | PARSE_ERROR
            {"kind": "Secret", "data": {"tls.crt":                    | PARSE_ERROR
            kind: Config\\nclusters: [x, {name: y}, {cluster: [z]}]   | NO_CERTIFICATE_FOUND
            kind: List\\nitems: &i [*i]                               | PARSE_ERROR
            """)
    void whatIsNotRightIsNamed(String text, FindingCode code) throws IOException {
        CertReport report = probe("x.yaml", text.replace("\\n", "\n"));
        assertThat(report.findings()).isNotEmpty();
        assertThat(report.level()).isEqualTo(Level.CRITICAL);
        assertThat(codes(report)).containsAnyOf(code, NO_CERTIFICATE_FOUND);
    }

    /** A kubeconfig that leads to itself, alone or by way of another, many times over. */
    @ParameterizedTest
    @ValueSource(strings = {"self", "other"})
    void aManifestThatLeadsToAnotherIsRefusedAtOnce(String to) throws IOException {
        for (String name : List.of("self", "other")) {
            StringBuilder text = new StringBuilder("kind: Config\nclusters:\n");
            for (int i = 0; i < 50; i++) {
                text.append("- name: c").append(i).append("\n  cluster: {certificate-authority: ");
                text.append(name.equals("self") ? to : "self").append("}\n");
            }
            Files.writeString(directory.resolve(name), text);
        }
        CertReport report = probe("self", Files.readString(directory.resolve("self")));
        assertThat(codes(report)).containsExactly(PARSE_ERROR);
        assertThat(report.findings().get(0).message()).contains("a manifest within another");
        String inner = "kind: Secret\nmetadata: {name: s}\nstringData:\n  tls.crt: |\n" + indented(pem(ENDING), 4);
        for (int depth = 0; depth < 3; depth++) {
            CertReport nested = probe("nested", inner);
            assertThat(codes(nested)).containsExactly(depth < 2 ? EXPIRING_CRITICAL : PARSE_ERROR);
            inner = "kind: ConfigMap\nmetadata: {name: s}\ndata:\n  inner.crt: |\n" + indented(inner, 4);
        }
    }

    @Test
    void entriesInDerAndMergedOnesAreSeen() throws Exception {
        String der = Base64.getEncoder().encodeToString(ENDING.getCertificate().getEncoded());
        assertThat(codes(probe(
                        "der.yaml",
                        "kind: Secret\nmetadata: {name: s}\ndata: {certificate: " + der + ", salt: MIIB}\n")))
                .containsExactly(EXPIRING_CRITICAL);
        assertThat(codes(probe(
                        "merged.yaml",
                        "common: &c\n  tls.crt: " + base64(pem(ENDING))
                                + "\nkind: Secret\nmetadata: {name: s}\ndata:\n  <<: *c\n  other: QUJD\n")))
                .containsExactly(EXPIRING_CRITICAL);
    }

    @Test
    void oneEntryThatIsDamagedCostsItselfOnly() throws IOException {
        CertReport report = probe(
                "x.yaml",
                "kind: Secret\nmetadata: {name: s}\ndata:\n  bad.crt: QUJD\n  worse.crt: '%%'\n  tls.crt: "
                        + base64(pem(WELL)) + "\n");
        assertThat(codes(report)).containsExactly(PARSE_ERROR);
        assertThat(report.findings())
                .anySatisfy(finding -> assertThat(finding.message()).contains("secret s bad.crt"));
        assertThat(report.findings())
                .anySatisfy(finding -> assertThat(finding.message()).contains("secret s worse.crt"));
        assertThat(report.expiry().effective()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret.yaml", "secret.json"})
    void directoriesFindManifestsThatHoldCertificates(String name) throws Exception {
        String text = name.endsWith("json")
                ? "{\"kind\":\"Secret\",\"data\":{\"tls.crt\":\"" + base64(pem(WELL)) + "\"}}"
                : secret(WELL, WELL);
        Files.writeString(directory.resolve(name), text);
        Files.writeString(directory.resolve("deployment.yaml"), "kind: Deployment\n");
        Files.writeString(directory.resolve("passwords.yaml"), "kind: Secret\ndata: {password: aHVudGVyMg==}\n");
        CertSnapshot seen =
                patient().trust(trust(ROOT)).target("file:" + directory + "/").check();
        assertThat(seen.reports())
                .extracting(report -> report.target().name())
                .containsExactlyInAnyOrder("file:" + directory + "/", "file:" + directory.resolve(name));
        assertThat(seen.worst()).isEqualTo(Level.OK);
    }
}
