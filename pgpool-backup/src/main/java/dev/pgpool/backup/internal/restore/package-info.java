/**
 * The way back: {@link dev.pgpool.backup.internal.restore.Restorer} puts a backup, or a part of one, into a database.
 */
@NullMarked
package dev.pgpool.backup.internal.restore;

import org.jspecify.annotations.NullMarked;
