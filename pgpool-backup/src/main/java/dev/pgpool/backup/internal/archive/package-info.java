/**
 * An archive on its way back: {@link dev.pgpool.backup.internal.archive.ArchiveSource} reads it from the store,
 * {@link dev.pgpool.backup.internal.archive.ArchiveLoader} hands it to pg_restore or psql.
 */
@NullMarked
package dev.pgpool.backup.internal.archive;

import org.jspecify.annotations.NullMarked;
