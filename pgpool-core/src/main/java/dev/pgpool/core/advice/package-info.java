/** What follows from a pooler's own figures: how large its pools should be. Door: {@link dev.pgpool.core.advice.PgPoolAdvice}. */
@NullMarked
package dev.pgpool.core.advice;

import org.jspecify.annotations.NullMarked;
