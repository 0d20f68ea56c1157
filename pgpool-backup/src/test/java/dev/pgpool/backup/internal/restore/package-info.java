/** Parts of a restore. */
@NullMarked
package dev.pgpool.backup.internal.restore;

import org.jspecify.annotations.NullMarked;
