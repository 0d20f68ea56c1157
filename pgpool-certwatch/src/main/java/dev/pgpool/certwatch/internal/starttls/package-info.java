/**
 * What is said before TLS begins, one class for each protocol. {@link dev.pgpool.certwatch.internal.starttls.Negotiations} is
 * the door, {@link dev.pgpool.certwatch.internal.starttls.NegotiationHandler} carries a negotiation out in a pipeline.
 *
 * <p>Nothing here writes a byte more than its protocol asks for, and nothing that arrives with or behind the last answer
 * is let through to TLS: an attacker in between could have put it there (as in CVE-2021-23222).
 */
@NullMarked
package dev.pgpool.certwatch.internal.starttls;

import org.jspecify.annotations.NullMarked;
