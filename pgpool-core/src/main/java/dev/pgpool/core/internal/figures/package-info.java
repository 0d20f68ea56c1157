/**
 * What is counted: by lanes of a pool, and by the reasons for which connections end. Door: {@link
 * dev.pgpool.core.internal.figures.LaneCounters}.
 */
@NullMarked
package dev.pgpool.core.internal.figures;

import org.jspecify.annotations.NullMarked;
