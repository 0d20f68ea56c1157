/** Tests of TLS on both sides. */
@NullMarked
package dev.pgpool.core.tls;

import org.jspecify.annotations.NullMarked;
