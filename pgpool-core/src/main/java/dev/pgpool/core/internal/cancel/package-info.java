/**
 * Cancel requests: the keys of clients, the connection that carries a request to a server or to another pooler, and the gate
 * that bounds how many are on their way. Door: {@link dev.pgpool.core.internal.cancel.CancelSender}.
 */
@NullMarked
package dev.pgpool.core.internal.cancel;

import org.jspecify.annotations.NullMarked;
