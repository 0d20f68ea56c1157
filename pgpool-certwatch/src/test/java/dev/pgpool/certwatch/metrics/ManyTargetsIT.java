package dev.pgpool.certwatch.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.bench.ManyFiles;
import dev.pgpool.certwatch.fixture.OddCertificates;
import dev.pgpool.certwatch.fixture.Pki;
import io.netty.pkitesting.X509Bundle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand targets, each with a certificate of its own, in a heap of 64 MB with Micrometer's registry scraped. */
class ManyTargetsIT {

    private static final int TARGETS = 10_000;

    @TempDir
    Path directory;

    @Test
    void tenThousandTargetsWithMetersFitInto64Megabytes() throws Exception {
        X509Bundle root = Pki.root("Root");
        Path ca = Files.writeString(directory.resolve("ca"), Pki.pem(Pki.chain(root)));
        for (int i = 0; i < TARGETS; i++) {
            String pem = OddCertificates.odd()
                    .serial(dev.pgpool.certwatch.fixture.DerWriter.integer(100_000 + i))
                    .subject(OddCertificates.name("service-" + i + ".example.org"))
                    .signedBy(root)
                    .pem();
            Files.writeString(directory.resolve(i + ".pem"), pem);
        }
        Path log = directory.resolve("log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                ManyFiles.class.getName(),
                directory.toString(),
                String.valueOf(TARGETS),
                ca.toString(),
                "prometheus"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int status = process.waitFor();
        String said = Files.readString(log, StandardCharsets.UTF_8);
        assertThat(status).as(said).isZero();
        Matcher sweep = Pattern.compile("(\\d+) well, (\\d+) lines").matcher(said);
        int sweeps = 0;
        while (sweep.find()) {
            sweeps++;
            assertThat(Integer.parseInt(sweep.group(1))).isEqualTo(TARGETS);
            // nineteen series for each target that is a file
            assertThat(Integer.parseInt(sweep.group(2))).isGreaterThan(18 * TARGETS);
        }
        assertThat(sweeps).isEqualTo(2);
    }
}
