/** Tests of limits and timeouts of clients and servers. */
@NullMarked
package dev.pgpool.core.limits;

import org.jspecify.annotations.NullMarked;
