/**
 * One connection to PostgreSQL: how it is made, what is known of it, how it is cancelled and closed. Door: {@link
 * dev.pgpool.core.internal.server.ServerConnector}.
 */
package dev.pgpool.core.internal.server;
