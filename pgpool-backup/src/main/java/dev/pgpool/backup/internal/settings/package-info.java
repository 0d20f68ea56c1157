/**
 * The settings of an engine while the host gives them, one file for each section of
 * {@link dev.pgpool.backup.config.BackupConfig}: defaults, checks, and the finished section.
 * {@link dev.pgpool.backup.internal.settings.EngineSettings} is the door.
 */
@NullMarked
package dev.pgpool.backup.internal.settings;

import org.jspecify.annotations.NullMarked;
