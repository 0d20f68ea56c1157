/**
 * Tests of the package of the same name.
 */
@NullMarked
package dev.pgpool.core.internal.figures;

import org.jspecify.annotations.NullMarked;
