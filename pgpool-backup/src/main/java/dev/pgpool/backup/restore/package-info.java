/** What to restore, and where: {@link dev.pgpool.backup.restore.RestoreRequest}. */
@NullMarked
package dev.pgpool.backup.restore;

import org.jspecify.annotations.NullMarked;
