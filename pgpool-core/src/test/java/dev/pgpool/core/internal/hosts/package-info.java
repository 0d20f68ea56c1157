/**
 * Tests of the package of the same name.
 */
@NullMarked
package dev.pgpool.core.internal.hosts;

import org.jspecify.annotations.NullMarked;
