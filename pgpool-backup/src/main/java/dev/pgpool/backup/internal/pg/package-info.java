/**
 * What is asked of PostgreSQL by JDBC: facts for the manifest, the snapshot that the dump runs in, locks, privileges.
 * {@link dev.pgpool.backup.internal.pg.Sessions} is the door.
 */
@NullMarked
package dev.pgpool.backup.internal.pg;

import org.jspecify.annotations.NullMarked;
