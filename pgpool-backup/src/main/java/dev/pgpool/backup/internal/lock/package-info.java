/**
 * One runner at a time: {@link dev.pgpool.backup.internal.lock.RunLock} is an advisory lock on the source and a lease object in
 * the store.
 */
@NullMarked
package dev.pgpool.backup.internal.lock;

import org.jspecify.annotations.NullMarked;
