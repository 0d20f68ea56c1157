/**
 * How the members of a fleet share one budget of servers: what each of them asks PostgreSQL, and what it makes of the answer.
 * No I/O and no clock of its own. Door: {@link dev.pgpool.core.internal.fleet.protocol.FleetProtocol}. The reasons are in
 * {@code docs/fleet.md}.
 */
@NullMarked
package dev.pgpool.core.internal.fleet.protocol;

import org.jspecify.annotations.NullMarked;
