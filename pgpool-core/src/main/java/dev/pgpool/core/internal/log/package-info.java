/** How lines of the log are written. */
@NullMarked
package dev.pgpool.core.internal.log;

import org.jspecify.annotations.NullMarked;
