/**
 * The run-time parameters (GUCs) of clients and servers. Door: {@link
 * dev.pgpool.core.internal.params.SessionParameters}.
 */
@NullMarked
package dev.pgpool.core.internal.params;

import org.jspecify.annotations.NullMarked;
