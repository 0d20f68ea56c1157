/**
 * The TLS side of a probe: engines that accept every chain, the handler on its executor, and what a handshake shows.
 * {@link dev.pgpool.certwatch.internal.tls.TlsClient} is the door.
 */
@NullMarked
package dev.pgpool.certwatch.internal.tls;

import org.jspecify.annotations.NullMarked;
