/** Checks of settings. {@link dev.pgpool.backup.internal.check.Problems} is the door. */
@NullMarked
package dev.pgpool.backup.internal.check;

import org.jspecify.annotations.NullMarked;
