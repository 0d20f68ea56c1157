/**
 * What the engine does, each in a file: {@link dev.pgpool.backup.internal.run.BackupRun} takes a backup of one or more
 * databases, {@link dev.pgpool.backup.internal.run.Pruner} applies retention, {@link dev.pgpool.backup.internal.run.Sweeper}
 * removes leftovers of dead runs, {@link dev.pgpool.backup.internal.run.RunLock} lets one runner in,
 * {@link dev.pgpool.backup.internal.run.Scheduler} starts jobs on time. {@link dev.pgpool.backup.internal.run.Engine} holds
 * them together and is the door.
 */
@NullMarked
package dev.pgpool.backup.internal.run;

import org.jspecify.annotations.NullMarked;
