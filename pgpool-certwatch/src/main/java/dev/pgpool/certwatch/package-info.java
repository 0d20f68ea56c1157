/** Watches the certificates that a service depends on, and says when they end. */
@NullMarked
package dev.pgpool.certwatch;

import org.jspecify.annotations.NullMarked;
