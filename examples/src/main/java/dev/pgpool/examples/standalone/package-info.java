/**
 * PgBouncer's place taken: a process that is started, told and signalled as PgBouncer is. A thin shell around {@link
 * dev.pgpool.core.PgPool}.
 */
@NullMarked
package dev.pgpool.examples.standalone;

import org.jspecify.annotations.NullMarked;
