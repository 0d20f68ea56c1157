/**
 * Proof of a backup: {@link dev.pgpool.backup.internal.verify.Verifier} reads it, restores it into a scratch database and
 * compares the contents.
 */
@NullMarked
package dev.pgpool.backup.internal.verify;

import org.jspecify.annotations.NullMarked;
