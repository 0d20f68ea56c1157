/** JMH benchmarks, one class per mechanism. */
@NullMarked
package dev.pgpool.benchmarks;

import org.jspecify.annotations.NullMarked;
