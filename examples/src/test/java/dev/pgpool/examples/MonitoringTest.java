package dev.pgpool.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.metrics.PgPoolMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The dashboard and the alert rules ask for series that a pooler has. That their values are right, its own tests see. */
class MonitoringTest {

    /** As Micrometer's Prometheus registry names it. */
    private static Stream<String> names(PgPoolMeters meter) {
        String name = meter.meterName().replace('.', '_');
        String unit = meter.baseUnit() == null ? "" : "_" + meter.baseUnit();
        return Stream.of(
                name + unit + (meter.isCounter() ? "_total" : ""),
                name + "_seconds_count",
                name + "_seconds_sum",
                name + "_percentile_seconds");
    }

    @ParameterizedTest
    @CsvSource({"monitoring/grafana-dashboard.json, 20", "../pgpool-core/docs/alerts.yml, 8"})
    void everySeriesIsOneOfThePoolers(Path file, int atLeast) throws IOException {
        Set<String> known = Arrays.stream(PgPoolMeters.values())
                .flatMap(MonitoringTest::names)
                .collect(Collectors.toSet());

        Set<String> named = new TreeSet<>();
        Pattern.compile("\\b(pgbouncer|pgpool)_\\w+")
                .matcher(Files.readString(file))
                .results()
                .forEach(match -> named.add(match.group()));

        assertThat(named).hasSizeGreaterThanOrEqualTo(atLeast);
        assertThat(known).containsAll(named);
    }
}
