/** What a pooler tells while it runs. Door: {@link dev.pgpool.core.event.PgPoolListener}. */
@NullMarked
package dev.pgpool.core.event;

import org.jspecify.annotations.NullMarked;
