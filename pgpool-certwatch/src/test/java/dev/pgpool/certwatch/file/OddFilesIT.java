package dev.pgpool.certwatch.file;

import static dev.pgpool.certwatch.finding.FindingCode.BAD_PASSWORD;
import static dev.pgpool.certwatch.finding.FindingCode.EXPIRED;
import static dev.pgpool.certwatch.finding.FindingCode.KEY_MISMATCH;
import static dev.pgpool.certwatch.finding.FindingCode.ODD_CERTIFICATE;
import static dev.pgpool.certwatch.finding.FindingCode.PARSE_ERROR;
import static dev.pgpool.certwatch.fixture.Probes.codes;
import static dev.pgpool.certwatch.fixture.Probes.probeAt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.OddCertificates;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.CertificateFile;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files with certificates that Java refuses, with keys of every form, and with several leaves in any order. */
class OddFilesIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final Instant FAR = Pki.NOW.plus(Duration.ofDays(300));
    private static final X509Bundle GOOD = Pki.leaf("good", ROOT, Duration.ofDays(300));

    @TempDir
    Path directory;

    private CertReport probe(CertificateFile file) {
        return probeAt(file, ROOT);
    }

    private CertReport probe(Path file) {
        return probe(CertTarget.file(file));
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    static List<String> kinds() {
        return OddCertificates.kinds();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anOddCertificateInAFileCostsNeitherItsOwnDatesNorThoseOfOthers(String kind) throws Exception {
        String good = Pki.pem(Pki.chain(GOOD));
        String odd = OddCertificates.of(kind, ROOT).pem();
        for (String text : List.of(odd, good + odd, odd + good)) {
            CertReport report = probe(write("odd.pem", text));
            assertThat(report.chain()).isNotEmpty();
            assertThat(report.expiry().effective())
                    .isBetween(OddCertificates.END.minusSeconds(60), OddCertificates.END);
            assertThat(codes(report)).isSubsetOf(ODD_CERTIFICATE, FindingCode.WEAK_KEY);
            if (OddCertificates.refusedByEveryJava(kind)) {
                assertThat(codes(report)).containsExactly(ODD_CERTIFICATE);
                assertThat(report.level()).isEqualTo(Level.WARNING);
            }
        }
    }

    @Test
    void aBlockThatIsDamagedCostsNoOtherBlock() throws Exception {
        String good = Pki.pem(Pki.chain(GOOD));
        for (String damaged : List.of(
                OddCertificates.block("CERTIFICATE", new byte[] {0x30, 3, 1, 2, 3}),
                OddCertificates.block("CERTIFICATE", new byte[0]),
                "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n")) {
            for (String text : List.of(good + damaged, damaged + good)) {
                CertReport report = probe(write("damaged.pem", text));
                assertThat(codes(report)).containsExactly(PARSE_ERROR);
                assertThat(report.expiry().effective()).isEqualTo(FAR);
            }
        }
    }

    @Test
    void derAndKeyStoresWithOddCertificatesAreRead() throws Exception {
        OddCertificates.Odd odd = OddCertificates.of("names twice", ROOT);
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.write(GOOD.getCertificate().getEncoded());
        both.write(odd.encoded());
        assertOdd(probe(Files.write(directory.resolve("two.der"), both.toByteArray())));
        assertOdd(probe(Files.write(directory.resolve("odd.jks"), jks(odd.encoded()))));
        write("odd.pem", odd.pem());
        write("odd.key", odd.keyPem());
        for (List<String> how : List.of(
                List.of("-inkey", "odd.key"), List.of("-nokeys"), List.of("-nokeys", "-certpbe", "PBE-SHA1-3DES"))) {
            List<String> command = new ArrayList<>(
                    List.of("pkcs12", "-export", "-in", "odd.pem", "-out", "odd.p12", "-passout", "pass:secret"));
            command.addAll(how);
            openssl(command);
            assertOdd(probe(CertTarget.file(directory.resolve("odd.p12")).withPassword("secret".toCharArray())));
            assertThat(codes(probe(CertTarget.file(directory.resolve("odd.p12")).withPassword("wrong".toCharArray()))))
                    .containsExactly(BAD_PASSWORD);
        }
    }

    /** A certificate passed over could expire unseen beside a good one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CERTIFICATE",
                "X509 CERTIFICATE",
                "NEW CERTIFICATE",
                "TRUSTED CERTIFICATE",
                "PKCS7",
                "PKCS #7 SIGNED DATA",
                "CMS"
            })
    void blocksOfEveryNameAreRead(String name) throws Exception {
        write("over.pem", Pki.pem(Pki.chain(Pki.leaf("over", ROOT, Duration.ofDays(-3)))));
        String block;
        if (name.startsWith("TRUSTED")) {
            openssl(List.of("x509", "-in", "over.pem", "-trustout", "-addtrust", "serverAuth", "-out", "block.pem"));
            block = Files.readString(directory.resolve("block.pem"));
            assertThat(block).contains("TRUSTED");
        } else if (name.contains("CERTIFICATE")) {
            block = Files.readString(directory.resolve("over.pem")).replace("CERTIFICATE", name);
        } else {
            openssl(List.of("crl2pkcs7", "-nocrl", "-certfile", "over.pem", "-out", "block.pem"));
            block = Files.readString(directory.resolve("block.pem")).replace("PKCS7", name);
        }
        String good = Pki.pem(Pki.chain(GOOD));
        for (String text : List.of(
                good + block,
                block + good,
                "\uFEFF# a comment\r\n" + (good + "subject=/CN=x\n" + block).replace("\n", "\r\n"))) {
            CertReport report = probe(write("both.pem", text));
            assertThat(codes(report)).contains(EXPIRED);
            assertThat(report.expiry().effective()).isEqualTo(Pki.NOW.minus(Duration.ofDays(3)));
        }
    }

    @Test
    void whatIsNoFileIsNotWaitedFor() throws Exception {
        Path pipe = directory.resolve("pipe.pem");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        for (Path path : List.of(pipe, directory, Path.of("/dev/zero"))) {
            CertReport report = probe(path);
            assertThat(codes(report)).containsExactly(FindingCode.FILE_READ_FAILED);
            assertThat(report.findings().get(0).message()).contains("(expected: a file)");
        }
    }

    private static void assertOdd(CertReport report) {
        assertThat(codes(report)).containsExactly(ODD_CERTIFICATE);
        assertThat(report.expiry().effective()).isEqualTo(OddCertificates.END);
    }

    private static byte[] jks(byte[] certificate) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0xfeedfeed);
        out.writeInt(2);
        out.writeInt(1);
        out.writeInt(2);
        out.writeUTF("odd");
        out.writeLong(0);
        out.writeUTF("X.509");
        out.writeInt(certificate.length);
        out.write(certificate);
        out.write(new byte[20]);
        return bytes.toByteArray();
    }

    @Test
    void certificatesBesideNoKeyInAPkcs12FileOfAnotherToolAreSeen() throws Exception {
        write("good.pem", Pki.pem(Pki.chain(GOOD, ROOT)));
        openssl(List.of(
                "pkcs12", "-export", "-nokeys", "-in", "good.pem", "-out", "plain.p12", "-passout", "pass:secret"));
        CertReport report =
                probe(CertTarget.file(directory.resolve("plain.p12")).withPassword("secret".toCharArray()));
        assertThat(codes(report)).containsExactly(FindingCode.ROOT_SERVED);
        assertThat(report.expiry().effective()).isEqualTo(FAR);
    }

    /** Each with what makes the key, then what makes its other forms. */
    static List<List<String>> keyForms() {
        String rsa = "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem";
        String ec = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem";
        String pass = " -passout pass:secret -out made.pem";
        return List.of(
                List.of(rsa),
                List.of(rsa, "rsa -in key.pem -traditional -out key.pem"),
                List.of(rsa, "rsa -in key.pem -traditional -aes128 -out key.pem -passout pass:secret"),
                List.of(rsa, "rsa -in key.pem -traditional -aes256 -out key.pem -passout pass:secret"),
                List.of(rsa, "rsa -in key.pem -traditional -des3 -out key.pem -passout pass:secret"),
                List.of(rsa, "pkcs8 -topk8 -in key.pem" + pass),
                List.of(rsa, "pkcs8 -topk8 -v2 des3 -in key.pem" + pass),
                List.of(rsa, "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA512 -in key.pem" + pass),
                List.of(rsa, "pkcs8 -topk8 -v2 aes-192-cbc -v2prf hmacWithSHA1 -in key.pem" + pass),
                List.of(rsa, "pkcs8 -topk8 -v1 PBE-SHA1-3DES -in key.pem" + pass),
                List.of(rsa, "pkcs8 -topk8 -scrypt -in key.pem" + pass),
                List.of(
                        ec,
                        "pkcs8 -topk8 -scrypt -scrypt_N 1024 -scrypt_r 8 -scrypt_p 2 -v2 aes-128-cbc -in key.pem"
                                + pass),
                List.of(rsa, "pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out made.pem"),
                List.of(rsa, "rsa -in key.pem -traditional -outform DER -out key.pem"),
                List.of(rsa, "pkcs8 -topk8 -in key.pem -outform DER" + pass),
                List.of(ec),
                List.of(ec, "ec -in key.pem -out key.pem"),
                List.of("ecparam -name secp384r1 -genkey -out key.pem"),
                List.of(
                        "ecparam -name prime256v1 -genkey -noout -out key.pem",
                        "ec -in key.pem -no_public -out key.pem"),
                List.of(ec, "ec -in key.pem -aes256 -out key.pem -passout pass:secret"),
                List.of(ec, "ec -in key.pem -outform DER -out key.pem"),
                List.of("ecparam -name secp256k1 -genkey -noout -out key.pem"),
                List.of("ecparam -name brainpoolP256r1 -genkey -noout -out key.pem"),
                List.of("genpkey -algorithm ED25519 -out key.pem"),
                List.of("genpkey -algorithm ED448 -out key.pem"),
                List.of("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out key.pem"));
    }

    @ParameterizedTest
    @MethodSource("keyForms")
    void everyFormOfAKeyIsCompared(List<String> commands) throws Exception {
        for (String name : List.of("own", "foreign")) {
            for (String command : commands) {
                openssl(List.of(command.split(" ")));
            }
            Path last = directory.resolve("made.pem");
            Files.move(Files.exists(last) ? last : directory.resolve("key.pem"), directory.resolve(name + ".key"));
        }
        boolean der = Files.readAllBytes(directory.resolve("own.key"))[0] == 0x30;
        boolean encrypted = commands.toString().contains("pass:secret");
        openssl(List.of(
                "req",
                "-x509",
                "-new",
                "-key",
                "own.key",
                "-passin",
                "pass:secret",
                "-days",
                "300",
                "-subj",
                "/CN=own",
                "-out",
                "own.pem"));
        CertificateFile file = CertTarget.file(directory.resolve("own.pem")).withPassword("secret".toCharArray());

        assertThat(codes(probe(file.withKey(directory.resolve("own.key"))))).isEmpty();
        assertThat(codes(probe(file.withKey(directory.resolve("foreign.key"))))).containsExactly(KEY_MISMATCH);
        if (encrypted) {
            CertificateFile other = CertTarget.file(directory.resolve("own.pem"));
            assertThat(codes(probe(other.withKey(directory.resolve("own.key")))))
                    .containsExactly(BAD_PASSWORD);
            assertThat(codes(probe(other.withPassword("wrong".toCharArray()).withKey(directory.resolve("own.key")))))
                    .containsExactly(BAD_PASSWORD);
        }
        if (!der) {
            // One file for both, as haproxy has it: compared without being asked, where it can be opened.
            String certificate = Files.readString(directory.resolve("own.pem"));
            String own = Files.readString(directory.resolve("own.key"));
            String foreign = Files.readString(directory.resolve("foreign.key"));
            for (String text : List.of(certificate + own, own + certificate)) {
                write("both.pem", text);
                assertThat(codes(probe(CertTarget.file(directory.resolve("both.pem")))))
                        .isEmpty();
            }
            write("both.pem", certificate + foreign);
            CertificateFile both = CertTarget.file(directory.resolve("both.pem"));
            assertThat(codes(probe(both.withPassword("secret".toCharArray())))).containsExactly(KEY_MISMATCH);
            assertThat(codes(probe(both))).isEqualTo(encrypted ? Set.of() : Set.of(KEY_MISMATCH));
        }
    }

    @Test
    void aFileWithoutAKeySaysWhatItHoldsInstead() throws Exception {
        Path file = write("good.pem", Pki.pem(Pki.chain(GOOD)));
        CertReport report = probe(CertTarget.file(file).withKey(file));
        assertThat(codes(report)).containsExactly(PARSE_ERROR);
        assertThat(report.findings().get(0).message()).contains("[CERTIFICATE]").contains("private key");
    }

    /** Whatever the order: the same certificates count, and the first to end decides. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void everyLeafCountsInWhateverOrderTheFileHasThem(long seed) throws Exception {
        X509Bundle middle = Pki.intermediate("Middle", ROOT);
        X509Bundle other = Pki.root("Other authority");
        List<X509Bundle> all = new ArrayList<>(List.of(
                Pki.leaf("one", middle, Duration.ofDays(300)),
                Pki.leaf("two", middle, Duration.ofDays(-2)),
                Pki.leaf("three", ROOT, Duration.ofDays(200)),
                middle,
                other));
        Collections.shuffle(all, new Random(seed));
        Path file = write("many.pem", Pki.pem(Pki.chain(all.toArray(new X509Bundle[0]))));
        CertReport report = probe(file);
        assertThat(report.level()).isEqualTo(Level.EXPIRED);
        assertThat(codes(report)).contains(EXPIRED);
        assertThat(report.expiry().effective()).isEqualTo(Pki.NOW.minus(Duration.ofDays(2)));

        Set<String> expired = probeAt(CertTarget.file(file), ROOT).findings().stream()
                .filter(finding -> finding.code() == EXPIRED)
                .map(Finding::message)
                .collect(Collectors.toSet());
        assertThat(expired).singleElement().asString().contains("\"two\"");

        CertReport first = probe(CertTarget.file(file).counting(CertificateFile.Leaves.FIRST));
        Instant firstEnd = all.get(0).getCertificate().getNotAfter().toInstant();
        assertThat(first.expiry().leaf()).isEqualTo(firstEnd);
        assertThat(first.level() == Level.EXPIRED).isEqualTo(firstEnd.isBefore(Pki.NOW));
    }

    @Test
    void anExpiredAuthorityCountsInAnyPlaceOfABundle() throws Exception {
        X509Bundle over = Pki.root("Over", b -> b.notAfter(Pki.NOW.minusSeconds(3600)));
        for (List<X509Bundle> order :
                List.of(List.of(GOOD, over), List.of(over, GOOD), List.of(over), List.of(ROOT, over))) {
            CertReport report = probe(write("bundle.pem", Pki.pem(Pki.chain(order.toArray(new X509Bundle[0])))));
            assertThat(report.level()).as(order.toString()).isEqualTo(Level.EXPIRED);
        }
    }

    private void openssl(List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(arguments + "\n" + said).isZero();
    }
}
