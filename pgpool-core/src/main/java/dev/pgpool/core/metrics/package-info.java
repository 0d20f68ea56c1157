/**
 * Micrometer's view of a pooler; optional, as {@code micrometer-core} is. Door: {@link
 * dev.pgpool.core.metrics.PgPoolMetrics}.
 */
@NullMarked
package dev.pgpool.core.metrics;

import org.jspecify.annotations.NullMarked;
