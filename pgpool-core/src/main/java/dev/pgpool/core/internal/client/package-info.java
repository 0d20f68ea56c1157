/**
 * One connection from a client, from its first byte to its last. Door: {@link
 * dev.pgpool.core.internal.client.ClientInitializer}.
 */
@NullMarked
package dev.pgpool.core.internal.client;

import org.jspecify.annotations.NullMarked;
