/** Tests of session state that clients leave on servers. */
@NullMarked
package dev.pgpool.core.state;

import org.jspecify.annotations.NullMarked;
