/**
 * One connection to PostgreSQL: how it is made, what is known of it, how it is cancelled and closed. Door: {@link
 * dev.pgpool.core.internal.server.ServerConnector}.
 */
@NullMarked
package dev.pgpool.core.internal.server;

import org.jspecify.annotations.NullMarked;
