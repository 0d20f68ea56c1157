/** Tests that need pg_dump, pg_restore and psql on PATH; run by the profile that finds them. */
@NullMarked
package dev.pgpool.backup.live;

import org.jspecify.annotations.NullMarked;
