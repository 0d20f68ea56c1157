/**
 * What the pooler has seen of its pools over an hour, a day and a week, and what follows from it: the size that would do, and
 * when it is quiet. Knows no server and no channel; lanes describe themselves a few times a second. Door: {@link
 * dev.pgpool.core.internal.advice.PoolWatch}.
 */
@NullMarked
package dev.pgpool.core.internal.advice;

import org.jspecify.annotations.NullMarked;
