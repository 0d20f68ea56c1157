/**
 * Bytes: message types, reading in place, writing by appending. Door: {@link
 * dev.pgpool.core.internal.wire.MessageCursor}. Knows {@code ByteBuf} but no {@code Channel}.
 */
@NullMarked
package dev.pgpool.core.internal.wire;

import org.jspecify.annotations.NullMarked;
