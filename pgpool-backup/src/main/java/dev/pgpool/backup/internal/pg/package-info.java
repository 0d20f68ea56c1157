/**
 * What is asked of PostgreSQL by JDBC: facts for the manifest, the snapshot the dump runs in, roles and other globals, locks.
 * {@link dev.pgpool.backup.internal.pg.Sessions} is the door.
 */
@NullMarked
package dev.pgpool.backup.internal.pg;

import org.jspecify.annotations.NullMarked;
