/**
 * Bytes: message types, reading in place, writing by appending. Door: {@link
 * dev.pgpool.core.internal.wire.MessageCursor}. Knows {@code ByteBuf} but no {@code Channel}.
 */
package dev.pgpool.core.internal.wire;
