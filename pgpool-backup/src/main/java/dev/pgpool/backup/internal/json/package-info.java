/** JSON of manifests, documents and notices. {@link dev.pgpool.backup.internal.json.Json} is the door. */
@NullMarked
package dev.pgpool.backup.internal.json;

import org.jspecify.annotations.NullMarked;
