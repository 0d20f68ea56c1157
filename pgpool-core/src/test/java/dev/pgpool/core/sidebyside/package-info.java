/**
 * PgBouncer and the pooler, side by side: both read the same ini, both are asked the same, and what their clients see is compared.
 *
 * <p>A {@link dev.pgpool.core.sidebyside.Setup} is an ini with its cases, {@link dev.pgpool.core.sidebyside.Seat} is what a case
 * does to one of the two and the record of what it saw there.
 */
@NullMarked
package dev.pgpool.core.sidebyside;

import org.jspecify.annotations.NullMarked;
