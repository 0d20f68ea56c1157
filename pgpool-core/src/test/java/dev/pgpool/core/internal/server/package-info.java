/** Server connections over channels of the test. */
@NullMarked
package dev.pgpool.core.internal.server;

import org.jspecify.annotations.NullMarked;
