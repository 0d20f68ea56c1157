/**
 * The way back: {@link dev.pgpool.backup.internal.restore.Restorer} puts a backup into a database that somebody wants,
 * {@link dev.pgpool.backup.internal.restore.Verifier} into a scratch database to see whether it is any good. Both use
 * {@link dev.pgpool.backup.internal.restore.ArchiveLoader}.
 */
@NullMarked
package dev.pgpool.backup.internal.restore;

import org.jspecify.annotations.NullMarked;
