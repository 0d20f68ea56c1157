/** Puts everything together, starts it and ends it. Door: {@link dev.pgpool.core.internal.runtime.PoolerRuntime}. */
@NullMarked
package dev.pgpool.core.internal.runtime;

import org.jspecify.annotations.NullMarked;
