package dev.pgpool.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of meters in the documentation is the list of meters. */
class MeterTableTest {

    @Test
    void everyMeterHasItsRowAndEveryRowItsMeter() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("docs", "metrics.md"));
        int heading = lines.indexOf("| Meter | On Prometheus' page | Tags | Meaning |");
        List<String> rows = lines.stream()
                .skip(heading + 2L)
                .takeWhile(line -> line.startsWith("|"))
                .map(row -> row.split(" *\\| *"))
                .map(cells -> cells[1] + " " + cells[cells.length - 1])
                .toList();

        assertThat(heading).isPositive();
        assertThat(rows)
                .containsExactlyElementsOf(Stream.of(PgPoolMeters.values())
                        .map(meter -> "`" + meter.meterName() + "` " + meter.description())
                        .toList());
    }
}
