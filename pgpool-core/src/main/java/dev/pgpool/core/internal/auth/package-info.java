/**
 * Authentication as pure step functions: the body of a message in, the next message out. Two doors:
 *
 * <pre>
 *   client --'p'--> ClientAuthenticator              ServerAuthenticator --'p'--> server
 *          <--'R'--        |                                 |            <--'R'--
 *                          |-- CleartextExchange             |-- cleartext, md5
 *                          |-- Md5Exchange                   |-- ScramClient
 *                          `-- ScramExchange, ScramServer    |
 *                                     `------ ScramKeys -----'
 *                                             KeyDeriver
 * </pre>
 *
 * <p>{@link dev.pgpool.core.internal.auth.ClientAuthenticator} is our side towards clients, {@link
 * dev.pgpool.core.internal.auth.ServerAuthenticator} our side towards PostgreSQL. Neither knows a channel. An instance
 * is used by one thread at a time; what all share is {@link dev.pgpool.core.internal.auth.KeyDeriver}, which is
 * thread-safe.
 *
 * <p>What clients have shown is kept by {@link dev.pgpool.core.internal.secrets.ProvenKeys} for our own logins; who has to
 * show what is said by {@code hba}.
 *
 * <p>Peers are hostile until proven otherwise, servers too: each length is bounded before it is used, and whatever a
 * peer sends ends in a verdict or in an {@link dev.pgpool.core.internal.auth.AuthenticationProtocolException}.
 */
@NullMarked
package dev.pgpool.core.internal.auth;

import org.jspecify.annotations.NullMarked;
