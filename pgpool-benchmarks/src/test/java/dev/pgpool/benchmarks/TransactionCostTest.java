package dev.pgpool.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** In a JVM of its own, since this one watches each buffer. The limits are wide: what doubles the cost is to be found, not a tenth. */
class TransactionCostTest {
    /** Seen: 0.37 to 0.51, with much other work on the machine; with each buffer watched it is a multiple of that. */
    private static final double MOST_LOOPS = 1.2;

    @Test
    void aTransactionAllocatesNothingAndTakesLittleTime() throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(PoolerProcess.JVM_ARGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TransactionCost.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        Map<String, Double> figures = output.lines()
                .filter(line -> line.startsWith("allocated ") || line.startsWith("loops "))
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(words -> words[0], words -> Double.valueOf(words[1])));
        assertThat(figures.get("allocated")).as("bytes per transaction").isLessThan(1);
        assertThat(figures.get("loops")).as("time of the loop").isBetween(0.05, MOST_LOOPS);
    }
}
