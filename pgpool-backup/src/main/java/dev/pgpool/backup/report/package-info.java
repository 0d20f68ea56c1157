/**
 * How runs, verifications and restores ended: {@link dev.pgpool.backup.report.RunReport}, and the closed list of reasons,
 * {@link dev.pgpool.backup.report.FailureReason}.
 */
@NullMarked
package dev.pgpool.backup.report;

import org.jspecify.annotations.NullMarked;
