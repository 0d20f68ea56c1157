/**
 * When jobs are due: {@link dev.pgpool.backup.internal.schedule.Scheduler} starts them, by
 * {@link dev.pgpool.backup.internal.schedule.CronSchedule} or an expression that the host supplies.
 */
@NullMarked
package dev.pgpool.backup.internal.schedule;

import org.jspecify.annotations.NullMarked;
