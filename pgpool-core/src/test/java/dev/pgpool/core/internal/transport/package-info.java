/** Tests of writing and of moving channels between event loops. */
@NullMarked
package dev.pgpool.core.internal.transport;

import org.jspecify.annotations.NullMarked;
