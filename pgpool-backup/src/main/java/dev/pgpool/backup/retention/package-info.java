/**
 * How long backups are kept: {@link dev.pgpool.backup.retention.RetentionPlan#of} is a pure function from what is there, a
 * {@link dev.pgpool.backup.retention.RetentionPolicy} and an instant to a verdict and a reason for each backup. Nothing in
 * here deletes anything.
 */
@NullMarked
package dev.pgpool.backup.retention;

import org.jspecify.annotations.NullMarked;
