package dev.pgpool.core.metrics;

import io.micrometer.core.instrument.Tags;
import java.util.List;

/**
 * What the meters of one pooler are called.
 *
 * @param prefix of our own ones
 * @param extra tags that all of them have
 * @param bothFamilies whether some of the exporter's have two names
 * @param histograms whether timers have histograms
 */
record MeterNames(String prefix, Tags extra, boolean bothFamilies, boolean histograms) {
    static final String OURS = "pgpool";
    private static final String STATS = "pgbouncer.stats.";

    String of(PgPoolMeters meter) {
        String name = meter.meterName();
        return name.startsWith(OURS + ".") ? prefix + name.substring(OURS.length()) : name;
    }

    /** The names of a meter that may be in both families of the exporter's. */
    List<String> allOf(PgPoolMeters meter) {
        String name = of(meter);
        return bothFamilies && name.startsWith(STATS)
                ? List.of(name, STATS + "totals." + name.substring(STATS.length()))
                : List.of(name);
    }
}
