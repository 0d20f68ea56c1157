/** Tests of runs that need pg_dump, pg_restore and psql; run by the profile that finds them. */
@NullMarked
package dev.pgpool.backup.run.live;

import org.jspecify.annotations.NullMarked;
