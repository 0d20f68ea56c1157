/**
 * Clients of the same process, without a socket. Door: {@link dev.pgpool.core.internal.embedded.Entrance}.
 *
 * <pre>
 *   a thread of the host                                       the event loop
 *   CallerSocket ──write──> ┌──────────────────────┐ ──read──> InProcessChannel ──> ClientConnection
 *        ^                  │       Crossing       │                  │
 *        └─────read──────── └──────────────────────┘ <──────flush─────┘
 * </pre>
 *
 * <p>Only the {@link dev.pgpool.core.internal.embedded.Crossing} is shared by the two sides. A thread of the host touches no
 * buffer of Netty: its bytes wait in arrays, and what it waits for is copied to where it wants it.
 */
@NullMarked
package dev.pgpool.core.internal.embedded;

import org.jspecify.annotations.NullMarked;
