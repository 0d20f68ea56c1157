/**
 * TLS on both sides: keys and trust from files, contexts that are swapped as a whole, the question whether to encrypt,
 * and what a handshake says about the peer. Door: {@link dev.pgpool.core.internal.tls.TlsContexts}.
 */
@NullMarked
package dev.pgpool.core.internal.tls;

import org.jspecify.annotations.NullMarked;
