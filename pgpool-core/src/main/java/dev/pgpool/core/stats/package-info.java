/** Figures of a running pooler. Door: {@link dev.pgpool.core.stats.PgPoolSnapshot}. */
package dev.pgpool.core.stats;
