package dev.pgpool.examples.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The check as its callers see it: what it prints first, and how it ends. */
@Timeout(60)
class CertificateCheckIT {

    @TempDir
    Path directory;

    private record Outcome(int code, String text) {
        String first() {
            return text.lines().findFirst().orElse("");
        }
    }

    private static Outcome run(String... arguments) throws InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int code = CertificateCheck.run(
                CertWatch.builder(), new PrintStream(bytes, true, StandardCharsets.UTF_8), arguments);
        return new Outcome(code, bytes.toString(StandardCharsets.UTF_8));
    }

    private String file(String name, int days) throws Exception {
        Instant end = Instant.now().plus(Duration.ofDays(days)).plusSeconds(3600);
        X509Bundle root = new CertificateBuilder()
                .ecp256()
                .subject("CN=Root")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle leaf = new CertificateBuilder()
                .ecp256()
                .subject("CN=a|b")
                .notBefore(end.minus(Duration.ofDays(398)))
                .notAfter(end)
                .buildIssuedBy(root);
        return "file:" + Files.writeString(directory.resolve(name), leaf.getCertificatePEM());
    }

    @ParameterizedTest
    @CsvSource({
        "100, '', 0, 'CERTIFICATES OK - 1 targets are well | '",
        "20, '', 1, 'CERTIFICATES WARNING - 1 of 1 targets: file:'",
        "3, '', 2, 'CERTIFICATES CRITICAL - 1 of 1 targets: file:'",
        "-3, '', 2, 'CERTIFICATES CRITICAL - 1 of 1 targets: file:'",
        "20, -w 10d, 0, 'CERTIFICATES OK'",
        "100, -c 200d, 2, 'CERTIFICATES CRITICAL'",
        "100, --warning 200d --critical 1d, 1, 'CERTIFICATES WARNING'"
    })
    void endsByTheWorstLevel(int days, String options, int code, String start) throws Exception {
        List<String> arguments = new ArrayList<>(options.isEmpty() ? List.of() : List.of(options.split(" ")));
        arguments.add(file("x.pem", days));
        Outcome outcome = run(arguments.toArray(new String[0]));
        assertThat(outcome.first()).startsWith(start).matches("[^|]+\\| 'file:[^']+'=-?\\d+s");
        assertThat(outcome.code()).isEqualTo(code);
    }

    @Test
    void theWorstOfManyComesFirst() throws Exception {
        file("a.pem", 100);
        file("b.pem", 3);
        Outcome outcome = run("file:" + directory + "/", "https://127.0.0.1:1");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.first())
                .startsWith("CERTIFICATES CRITICAL - 2 of 4 targets: file:")
                .contains("b.pem: leaf");
        assertThat(outcome.text()).contains("CONNECT_REFUSED");
    }

    @Test
    void jsonAndTableAreAllThereIs() throws Exception {
        String file = file("x.pem", 100);
        assertThat(run("--json", file).text()).startsWith("{\"at\":").endsWith("}\n");
        assertThat(run("--table", file).text()).startsWith("LEVEL");
    }

    @ParameterizedTest
    @CsvSource({
        "'', no target",
        "--jsn file:/x, no option --jsn",
        "nonsense, 'nonsense: no scheme'",
        "-w soon file:/x, warning=soon",
        "file:/x -c, -c without a time",
        "-w 1d -c 2d file:/x, warning: PT24H",
        "https://h?verify=x, 'verify=x'"
    })
    void whatCannotBeMeantIsUnknown(String arguments, String why) throws Exception {
        Outcome outcome = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertThat(outcome.code()).isEqualTo(3);
        assertThat(outcome.first()).startsWith("CERTIFICATES UNKNOWN - ").contains(why);
        assertThat(outcome.text()).contains("usage:");
    }
}
