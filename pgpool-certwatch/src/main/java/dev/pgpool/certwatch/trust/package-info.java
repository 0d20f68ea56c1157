/**
 * What counts as trusted: where trust anchors come from, how much a client would verify, how revocation is checked,
 * and the passwords of stores.
 */
@NullMarked
package dev.pgpool.certwatch.trust;

import org.jspecify.annotations.NullMarked;
