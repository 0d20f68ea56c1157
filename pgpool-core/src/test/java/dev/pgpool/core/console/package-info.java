/** Tests of the console, and of what those meet who come from PgBouncer. */
@NullMarked
package dev.pgpool.core.console;

import org.jspecify.annotations.NullMarked;
