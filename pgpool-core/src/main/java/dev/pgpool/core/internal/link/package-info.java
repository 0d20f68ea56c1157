/**
 * A client and a server together, until the transaction ends. Door: {@link dev.pgpool.core.internal.link.Link}.
 */
@NullMarked
package dev.pgpool.core.internal.link;

import org.jspecify.annotations.NullMarked;
