/** Tests of lanes and limits: a simulation with a random scheduler, and a lane that other tests give servers to. */
@NullMarked
package dev.pgpool.core.internal.pool;

import org.jspecify.annotations.NullMarked;
