/**
 * With what clients and the pooler log in: the store of the host, queries that ask the servers, and keys that clients have
 * proven to have. Door: {@link dev.pgpool.core.internal.secrets.Secrets}.
 */
@NullMarked
package dev.pgpool.core.internal.secrets;

import org.jspecify.annotations.NullMarked;
