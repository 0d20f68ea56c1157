/**
 * Compares whole poolers on one machine in one run: {@link dev.pgpool.benchmarks.compare.Compare} is the program.
 *
 * <pre>
 *   pgbench ──> contender ──> PostgreSQL          contender: none (direct), PgBouncer, pgpool, BareRelay;
 *      │            │                             each a process of its own, started once, all measured in turns
 *      └ tps, latency log   └ /proc/PID/stat: CPU per transaction; /proc/PID/status: resident memory
 * </pre>
 *
 * Rounds are interleaved, so that what disturbs the machine disturbs all alike, and the median of the rounds is
 * reported.
 */
@NullMarked
package dev.pgpool.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
