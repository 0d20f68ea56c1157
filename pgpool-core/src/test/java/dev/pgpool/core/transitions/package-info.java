/** A running pooler takes other settings, each of them in turn, while clients are there in every state. */
@NullMarked
package dev.pgpool.core.transitions;

import org.jspecify.annotations.NullMarked;
