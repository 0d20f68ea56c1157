/**
 * What a pooler is told: immutable, nested, checked together. Door: {@link dev.pgpool.core.config.PgPoolConfig}.
 */
package dev.pgpool.core.config;
