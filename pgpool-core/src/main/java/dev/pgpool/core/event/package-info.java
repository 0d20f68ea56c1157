/** What a pooler tells while it runs. Door: {@link dev.pgpool.core.event.PgPoolListener}. */
package dev.pgpool.core.event;
