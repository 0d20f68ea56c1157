/** Meters for a Micrometer registry; needs micrometer-core, which the rest of the module does without. */
@NullMarked
package dev.pgpool.backup.metrics;

import org.jspecify.annotations.NullMarked;
