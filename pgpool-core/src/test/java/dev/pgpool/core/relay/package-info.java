/** Tests of what passes through: messages of any size and order, COPY, pipelines, backpressure. */
@NullMarked
package dev.pgpool.core.relay;

import org.jspecify.annotations.NullMarked;
