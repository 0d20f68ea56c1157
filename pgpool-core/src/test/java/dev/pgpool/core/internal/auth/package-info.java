/** Tests of authentication on both sides, as transcripts without a network. */
@NullMarked
package dev.pgpool.core.internal.auth;

import org.jspecify.annotations.NullMarked;
