/**
 * Which prepared statement has which name where. Data structures only, no I/O. Door: {@link
 * dev.pgpool.core.internal.prepared.StatementRegistry}.
 */
@NullMarked
package dev.pgpool.core.internal.prepared;

import org.jspecify.annotations.NullMarked;
