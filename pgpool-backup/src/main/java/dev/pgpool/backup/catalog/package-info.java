/**
 * What the store holds: {@link dev.pgpool.backup.catalog.CatalogEntry} is a line of the catalog, {@link
 * dev.pgpool.backup.catalog.BackupManifest} describes one backup.
 */
@NullMarked
package dev.pgpool.backup.catalog;

import org.jspecify.annotations.NullMarked;
