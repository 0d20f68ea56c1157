/** Text that peers and files chose, made fit for people and programs; {@link dev.pgpool.certwatch.internal.text.PeerText} is the door. */
@NullMarked
package dev.pgpool.certwatch.internal.text;

import org.jspecify.annotations.NullMarked;
