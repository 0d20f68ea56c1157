/**
 * The figures of a watch as meters, with the names that Blackbox Exporter uses where it has them: {@link
 * dev.pgpool.certwatch.metrics.CertWatchMetrics} binds them to a Micrometer registry (optional: needs {@code micrometer-core}), {@link
 * dev.pgpool.certwatch.metrics.PrometheusText} writes them as text.
 */
@NullMarked
package dev.pgpool.certwatch.metrics;

import org.jspecify.annotations.NullMarked;
