/** Tests of connections without a socket. */
@NullMarked
package dev.pgpool.core.internal.embedded;

import org.jspecify.annotations.NullMarked;
