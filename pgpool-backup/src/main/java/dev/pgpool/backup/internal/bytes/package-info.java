/** Streams of bytes. {@link dev.pgpool.backup.internal.bytes.ChunkedInputStream} is the door. */
@NullMarked
package dev.pgpool.backup.internal.bytes;

import org.jspecify.annotations.NullMarked;
