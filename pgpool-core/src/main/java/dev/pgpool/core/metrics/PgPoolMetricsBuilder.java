package dev.pgpool.core.metrics;

import static java.util.Objects.requireNonNull;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.InstanceConfig;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;

/** Which meters a pooler has, and what they are called. Not thread-safe. */
public final class PgPoolMetricsBuilder {
    private final PgPool pool;
    private String prefix = MeterNames.OURS;
    private Tags extra = Tags.empty();
    private boolean bothFamilies = true;
    private boolean histograms;

    PgPoolMetricsBuilder(PgPool pool) {
        this.pool = requireNonNull(pool, "pool");
    }

    /**
     * Default {@code pgpool}. What the names of our own meters begin with, such as {@code pgpool.wait}. Those that begin with {@code
     * pgbouncer} keep their names, which dashboards and alert rules of the community's exporter know.
     *
     * @throws IllegalArgumentException if it is not of letters, digits, dots and underscores, a letter first
     */
    public PgPoolMetricsBuilder prefix(String prefix) {
        if (!requireNonNull(prefix, "prefix").matches("[A-Za-z][A-Za-z0-9_]*(\\.[A-Za-z0-9_]+)*")) {
            throw new IllegalArgumentException(
                    "prefix: \"" + prefix + "\" (expected: letters, digits and underscores, with dots between)");
        }
        this.prefix = prefix;
        return this;
    }

    /** Default none. Tags for all meters. A pooler with a name of its own has the tag {@code pool} besides. */
    public PgPoolMetricsBuilder tags(Iterable<Tag> extra) {
        this.extra = Tags.of(requireNonNull(extra, "extra"));
        return this;
    }

    /** Default true. Whether the figures of SHOW STATS also have the names {@code pgbouncer_stats_totals} of exporters since 0.11. */
    public PgPoolMetricsBuilder bothFamilies(boolean both) {
        this.bothFamilies = both;
        return this;
    }

    /**
     * Default false. Whether each timer has a histogram besides: counters {@code pgpool.wait.histogram} with the tag {@code le}, in
     * seconds, sixteen for each timer and pool, from which Prometheus' {@code histogram_quantile} makes percentiles over several
     * poolers and over any time.
     */
    public PgPoolMetricsBuilder histograms(boolean histograms) {
        this.histograms = histograms;
        return this;
    }

    /** The meters; they are in no registry before {@link PgPoolMetrics#bindTo}. */
    public PgPoolMetrics build() {
        Tags own = pool.name().equals(InstanceConfig.DEFAULT_NAME) ? Tags.empty() : Tags.of("pool", pool.name());
        return new PgPoolMetrics(pool, new MeterNames(prefix, own.and(extra), bothFamilies, histograms));
    }
}
