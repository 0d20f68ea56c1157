/**
 * How many servers this process may have at all, when poolers share one budget. Door: {@link
 * dev.pgpool.core.internal.fleet.FleetMember}. What is agreed between members is in {@link
 * dev.pgpool.core.internal.fleet.protocol}; here is how it is said to PostgreSQL, and what lanes ask.
 */
@NullMarked
package dev.pgpool.core.internal.fleet;

import org.jspecify.annotations.NullMarked;
