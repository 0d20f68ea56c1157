/** What {@code scripts/benchmark.sh} runs. */
@NullMarked
package dev.pgpool.certwatch.bench;

import org.jspecify.annotations.NullMarked;
