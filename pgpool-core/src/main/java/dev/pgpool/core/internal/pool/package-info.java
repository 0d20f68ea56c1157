/**
 * Who gets which server. Door: {@link dev.pgpool.core.internal.pool.ServerPool}.
 *
 * <p>A pool has lanes, one for each event loop that serves it. A lane is confined to its loop and knows nothing of other
 * loops but their lanes' addresses: lanes talk by tasks. Shared between loops are only the {@link
 * dev.pgpool.core.internal.pool.ConnectionBudget}, the registries of statements and parameters, {@link
 * dev.pgpool.core.internal.secrets.Secrets}, which says with what to log in, and {@link
 * dev.pgpool.core.internal.pool.FailureMemory}, which outlives the pools that have failed.
 */
@NullMarked
package dev.pgpool.core.internal.pool;

import org.jspecify.annotations.NullMarked;
