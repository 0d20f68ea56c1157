/**
 * JDBC connections of the host's own, which go to the pooler without a socket. Doors: {@link
 * dev.pgpool.core.PgPool#dataSource(String)} and {@link dev.pgpool.core.PgPool#socketFactory()}. Needs pgjdbc ({@code
 * org.postgresql:postgresql}) when a connection is asked for, and not before.
 */
@NullMarked
package dev.pgpool.core.jdbc;

import org.jspecify.annotations.NullMarked;
