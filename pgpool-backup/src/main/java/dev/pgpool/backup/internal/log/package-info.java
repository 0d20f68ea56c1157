/** What is written to the host's log. Door: {@link dev.pgpool.backup.internal.log.PeerLog}. */
@NullMarked
package dev.pgpool.backup.internal.log;

import org.jspecify.annotations.NullMarked;
