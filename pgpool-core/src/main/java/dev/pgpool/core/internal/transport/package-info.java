/**
 * Event loops, channels and how they are written to. Door: {@link dev.pgpool.core.internal.transport.Transport}.
 */
package dev.pgpool.core.internal.transport;
