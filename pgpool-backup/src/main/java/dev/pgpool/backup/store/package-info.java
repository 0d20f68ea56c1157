/**
 * Where backups are kept. {@link dev.pgpool.backup.store.ObjectStore} is the contract (and the SPI for other stores),
 * {@link dev.pgpool.backup.store.S3Store} and {@link dev.pgpool.backup.store.DirectoryStore} are the two given ones.
 * Nothing in here knows what a backup is.
 */
@NullMarked
package dev.pgpool.backup.store;

import org.jspecify.annotations.NullMarked;
