/**
 * What is deleted: {@link dev.pgpool.backup.internal.prune.Pruner} applies retention,
 * {@link dev.pgpool.backup.internal.prune.Sweeper} removes leftovers of dead runs.
 */
@NullMarked
package dev.pgpool.backup.internal.prune;

import org.jspecify.annotations.NullMarked;
