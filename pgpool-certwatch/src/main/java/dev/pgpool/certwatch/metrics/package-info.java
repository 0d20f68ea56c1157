/**
 * Micrometer meters, with the names that Blackbox Exporter uses where it has them. Optional: needs {@code micrometer-core}.
 */
@NullMarked
package dev.pgpool.certwatch.metrics;

import org.jspecify.annotations.NullMarked;
