/**
 * One client, from its first byte to its last. Door: {@link dev.pgpool.core.internal.client.ClientInitializer}.
 *
 * <pre>
 *   socket <──> ClientConnection ──messages──> ClientPhase (Startup, Login, Welcome, Query, ...)
 *                      │                             │
 *                ClientSession: who it is ───────────┘
 *                      ├── ClientLink: its side of the link with a server
 *                      └── ClientEnd: what it is told at the end, and what is let go
 * </pre>
 */
@NullMarked
package dev.pgpool.core.internal.client;

import org.jspecify.annotations.NullMarked;
