/** Backups of PostgreSQL databases, kept by retention rules and proved by restoring them. */
@NullMarked
package dev.pgpool.backup;

import org.jspecify.annotations.NullMarked;
