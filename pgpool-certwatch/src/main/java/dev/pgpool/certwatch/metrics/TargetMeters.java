package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;

/** The meters of all targets of a watch in one registry. Thread-safe. */
@FunctionalInterface
interface TargetMeters extends AutoCloseable {

    /** A probe has ended. */
    default void onReport(CertReport report) {}

    /** A target is watched no longer. */
    default void onRemoved(CertTarget target) {}

    /** Removes them. */
    @Override
    void close();
}
