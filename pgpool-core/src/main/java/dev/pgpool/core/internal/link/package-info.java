/**
 * A client and a server together, until the transaction ends. Door: {@link dev.pgpool.core.internal.link.Link}.
 */
package dev.pgpool.core.internal.link;
