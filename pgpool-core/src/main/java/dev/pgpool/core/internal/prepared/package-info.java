/**
 * Which prepared statement has which name where. Data structures only, no I/O. Door: {@link
 * dev.pgpool.core.internal.prepared.StatementRegistry}.
 */
package dev.pgpool.core.internal.prepared;
