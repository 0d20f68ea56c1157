/**
 * The engine as a whole. {@link dev.pgpool.backup.internal.engine.Engine} is the door: it holds the parts together, starts the
 * schedule, and gives each request of the host to the package that carries it out.
 */
@NullMarked
package dev.pgpool.backup.internal.engine;

import org.jspecify.annotations.NullMarked;
