/** Puts everything together, starts it and ends it. Door: {@link dev.pgpool.core.internal.runtime.PoolerRuntime}. */
package dev.pgpool.core.internal.runtime;
