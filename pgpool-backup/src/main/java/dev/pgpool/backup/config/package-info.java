/**
 * The settings of an engine: the source, what is dumped, how it is sent, and how it is verified. {@link
 * dev.pgpool.backup.config.BackupConfig} holds all of it.
 */
@NullMarked
package dev.pgpool.backup.config;

import org.jspecify.annotations.NullMarked;
