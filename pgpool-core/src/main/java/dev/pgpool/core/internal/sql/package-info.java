/**
 * What can be read from SQL text about the session that runs it. Door: {@link
 * dev.pgpool.core.internal.sql.StatementScanner}.
 */
@NullMarked
package dev.pgpool.core.internal.sql;

import org.jspecify.annotations.NullMarked;
