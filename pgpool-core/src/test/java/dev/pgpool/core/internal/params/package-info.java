/** Tests of session parameters. */
@NullMarked
package dev.pgpool.core.internal.params;

import org.jspecify.annotations.NullMarked;
