/** Tests of credentials and where they come from. */
@NullMarked
package dev.pgpool.core.auth;

import org.jspecify.annotations.NullMarked;
