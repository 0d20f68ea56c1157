/** Tests of what members of a fleet agree on: a simulation in virtual time, with a model of PostgreSQL. */
@NullMarked
package dev.pgpool.core.internal.fleet.protocol;

import org.jspecify.annotations.NullMarked;
