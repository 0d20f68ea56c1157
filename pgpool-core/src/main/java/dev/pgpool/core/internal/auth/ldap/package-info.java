/**
 * Passwords that an LDAP directory judges. Door: {@link dev.pgpool.core.internal.auth.ldap.LdapJudge}.
 *
 * <p>Everything here blocks, on threads that are there for it. The JDK's own LDAP client (JNDI) speaks the protocol; it is
 * told to follow no referral and to make no objects of what it reads.
 *
 * @see <a href="https://www.postgresql.org/docs/current/auth-ldap.html">LDAP Authentication</a>
 */
@NullMarked
package dev.pgpool.core.internal.auth.ldap;

import org.jspecify.annotations.NullMarked;
