/** Figures of a running pooler. Door: {@link dev.pgpool.core.stats.PgPoolSnapshot}. */
@NullMarked
package dev.pgpool.core.stats;

import org.jspecify.annotations.NullMarked;
