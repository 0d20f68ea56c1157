package dev.pgpool.core.internal.runtime;

/**
 * Where a pooler is in its single life.
 *
 * <pre>
 *   NEW ──> STARTING ──> RUNNING ──> CLOSED
 *    │          └──failed──────────────^
 *    └─────────────────────────────────┘
 * </pre>
 */
enum Lifecycle {
    NEW,
    STARTING,
    RUNNING,
    CLOSED
}
