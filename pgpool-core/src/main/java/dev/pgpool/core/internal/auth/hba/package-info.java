/**
 * Who may come in, and by what proof: rules in the format of {@code pg_hba.conf} and user maps in that of
 * {@code pg_ident.conf}. Door: {@link dev.pgpool.core.internal.auth.hba.RuleFiles}.
 *
 * @see <a href="https://www.postgresql.org/docs/current/auth-pg-hba-conf.html">The pg_hba.conf File</a>
 */
@NullMarked
package dev.pgpool.core.internal.auth.hba;

import org.jspecify.annotations.NullMarked;
