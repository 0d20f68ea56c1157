/**
 * Tests of the package of the same name.
 */
@NullMarked
package dev.pgpool.core.internal.cancel;

import org.jspecify.annotations.NullMarked;
