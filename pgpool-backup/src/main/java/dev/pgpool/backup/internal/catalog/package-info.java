/**
 * What is in the store, as backups. {@link dev.pgpool.backup.internal.catalog.Catalog} is the door. Objects of a backup lie
 * together, and it exists once its manifest does:
 *
 * <pre>
 * prefix/v1/cluster/database/2026/11/20261123T023000Z-1a2b3c4d/data.dump      written first
 *                                                             /globals.sql    second
 *                                                             /manifest.json  last; deleted first
 * prefix/v1/cluster/.lease/backup.json                                        the one runner
 * prefix/v1/cluster/.state/pins|verified/database/id.json                     what was learned later
 * </pre>
 */
@NullMarked
package dev.pgpool.backup.internal.catalog;

import org.jspecify.annotations.NullMarked;
