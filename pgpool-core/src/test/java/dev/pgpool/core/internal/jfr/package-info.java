/** Tests of the events for Flight Recorder. */
@NullMarked
package dev.pgpool.core.internal.jfr;

import org.jspecify.annotations.NullMarked;
