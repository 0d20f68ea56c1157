/**
 * When a target is probed, what is kept of it, and what listeners are told. {@link dev.pgpool.certwatch.internal.watch.WatchLoop} is the door.
 *
 * <p>All state of targets belongs to one thread, the timeline. Probes and judgements run elsewhere and come back to it by
 * {@code Timeline.execute}. What other threads read is immutable: {@code TargetState}, published by a volatile field.
 */
@NullMarked
package dev.pgpool.certwatch.internal.watch;

import org.jspecify.annotations.NullMarked;
