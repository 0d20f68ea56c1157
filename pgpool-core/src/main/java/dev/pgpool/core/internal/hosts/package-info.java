/**
 * Which address a connection goes to: names and what they resolve to, several hosts and the order in which they are tried, and
 * the chain of attempts. Door: {@link dev.pgpool.core.internal.hosts.ConnectChain}.
 */
@NullMarked
package dev.pgpool.core.internal.hosts;

import org.jspecify.annotations.NullMarked;
