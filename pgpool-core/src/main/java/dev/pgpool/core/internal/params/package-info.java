/**
 * The run-time parameters (GUCs) of clients and servers. Door: {@link
 * dev.pgpool.core.internal.params.SessionParameters}.
 */
package dev.pgpool.core.internal.params;
