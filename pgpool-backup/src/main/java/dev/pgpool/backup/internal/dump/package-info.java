/**
 * The client programs as child processes. {@link dev.pgpool.backup.internal.dump.Dump} is the door: a running pg_dump whose
 * output ends well only if the program did.
 */
@NullMarked
package dev.pgpool.backup.internal.dump;

import org.jspecify.annotations.NullMarked;
