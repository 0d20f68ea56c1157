/** What a watch tells its listeners: {@link dev.pgpool.certwatch.event.CertWatchListener} is the door. */
@NullMarked
package dev.pgpool.certwatch.event;

import org.jspecify.annotations.NullMarked;
