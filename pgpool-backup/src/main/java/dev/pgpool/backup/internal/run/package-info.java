/**
 * One run: {@link dev.pgpool.backup.internal.run.BackupRun} is the door. It takes a backup of each database
 * ({@link dev.pgpool.backup.internal.run.DatabaseBackup}) and copies it to the other stores
 * ({@link dev.pgpool.backup.internal.run.BackupCopy}).
 */
@NullMarked
package dev.pgpool.backup.internal.run;

import org.jspecify.annotations.NullMarked;
