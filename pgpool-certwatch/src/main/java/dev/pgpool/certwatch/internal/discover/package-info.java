/**
 * What a {@link dev.pgpool.certwatch.target.TargetSet} stands for at this moment. {@link dev.pgpool.certwatch.internal.discover.Discovery} is
 * the door. All of it blocks and is called on the pool for such calls.
 */
@NullMarked
package dev.pgpool.certwatch.internal.discover;

import org.jspecify.annotations.NullMarked;
