/**
 * What the engine tells while it works, and what it asks: {@link dev.pgpool.backup.event.BackupListener} and {@link
 * dev.pgpool.backup.event.RunHook}.
 */
@NullMarked
package dev.pgpool.backup.event;

import org.jspecify.annotations.NullMarked;
