/**
 * Events for Java Flight Recorder. Door: {@link dev.pgpool.core.internal.jfr.FlightEvents}. While nothing is recorded they
 * cost a look at a flag, and where the host has no {@code jdk.jfr} module there are none.
 */
@NullMarked
package dev.pgpool.core.internal.jfr;

import org.jspecify.annotations.NullMarked;
