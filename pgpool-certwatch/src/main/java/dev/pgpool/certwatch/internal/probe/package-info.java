/**
 * Fetches chains. {@link dev.pgpool.certwatch.internal.probe.Prober} is the door: a target goes in, a {@link
 * dev.pgpool.certwatch.internal.probe.ProbeResult} comes out, whatever happens.
 *
 * <p>An {@code AddressProbe} is confined to its event loop; its TLS handler, and with it all arithmetic of the handshake, runs
 * on the TLS executors; name resolution and file reads run on {@code BlockingCalls}. Nothing here judges: the chain is
 * captured and never refused.
 */
@NullMarked
package dev.pgpool.certwatch.internal.probe;

import org.jspecify.annotations.NullMarked;
