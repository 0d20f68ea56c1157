/**
 * Who may log in, and with which secret.
 *
 * <p>{@link dev.pgpool.core.auth.CredentialStore} is the door: it maps a user name to a {@link
 * dev.pgpool.core.auth.Credential}, and the pooler asks it for every login of a client and of a server connection.
 *
 * <pre>
 *   Map, userlist.txt, your own directory
 *                  |
 *          CredentialStore.find(database, user)
 *                  |
 *             Credential  =  Plain | Md5 | ScramVerifier | ScramClientKey
 * </pre>
 *
 * <p>{@link dev.pgpool.core.auth.Authenticator} is the other door: it judges passwords and tokens itself.
 */
@NullMarked
package dev.pgpool.core.auth;

import org.jspecify.annotations.NullMarked;
