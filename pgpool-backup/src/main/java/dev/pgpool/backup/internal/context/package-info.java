/**
 * What all parts of an engine share: settings, one store, clock, threads
 * ({@link dev.pgpool.backup.internal.context.EngineContext}), the way to the listeners, and the cancellation of a run.
 */
@NullMarked
package dev.pgpool.backup.internal.context;

import org.jspecify.annotations.NullMarked;
