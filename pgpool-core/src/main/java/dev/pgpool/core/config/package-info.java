/**
 * What a pooler is told: immutable, nested, checked together. Door: {@link dev.pgpool.core.config.PgPoolConfig}.
 */
@NullMarked
package dev.pgpool.core.config;

import org.jspecify.annotations.NullMarked;
