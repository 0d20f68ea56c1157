package dev.pgpool.backup.config;

import org.jspecify.annotations.Nullable;

/**
 * A question of the host to the restored database.
 *
 * @param name for reports
 * @param sql a query; the first column of its first row counts
 * @param expected what that must be, as text; {@code null} for SQL's NULL or no row
 */
public record SqlCheck(String name, String sql, @Nullable String expected) {}
