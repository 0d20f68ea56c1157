/** Tests of fleets with real poolers and servers, in this process and in others. */
@NullMarked
package dev.pgpool.core.internal.fleet;

import org.jspecify.annotations.NullMarked;
