/**
 * Bytes on their way, in constant memory:
 *
 * <pre>
 * up:    dump -> [EncryptingInputStream] -> PartUploader -> ring of part buffers -> store, several parts at once
 * down:  store, ranges -> StoredObjectStream (digest) -> [DecryptingInputStream] -> pg_restore
 * </pre>
 *
 * {@link dev.pgpool.backup.internal.stream.PartUploader} and {@link dev.pgpool.backup.internal.stream.StoredObjectStream}
 * are the doors.
 */
@NullMarked
package dev.pgpool.backup.internal.stream;

import org.jspecify.annotations.NullMarked;
