/** A PostgreSQL transaction pooler that lives in the host's own process. */
@NullMarked
package dev.pgpool.core;

import org.jspecify.annotations.NullMarked;
