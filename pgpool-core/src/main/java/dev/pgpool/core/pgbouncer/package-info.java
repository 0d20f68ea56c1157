/**
 * Reads PgBouncer's files: {@code pgbouncer.ini}, and what it names. Door: {@link dev.pgpool.core.pgbouncer.PgBouncerIni}.
 */
@NullMarked
package dev.pgpool.core.pgbouncer;

import org.jspecify.annotations.NullMarked;
