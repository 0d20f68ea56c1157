/** Tests of a running pooler whose parts the test can reach. */
@NullMarked
package dev.pgpool.core.internal.runtime;

import org.jspecify.annotations.NullMarked;
