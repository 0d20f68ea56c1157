/**
 * Event loops, channels and how they are written to. Door: {@link dev.pgpool.core.internal.transport.Transport}.
 */
@NullMarked
package dev.pgpool.core.internal.transport;

import org.jspecify.annotations.NullMarked;
