/** Tests of framing: messages, start-up packets, fields; and the fuzzing of them with a saved corpus. */
@NullMarked
package dev.pgpool.core.internal.wire;

import org.jspecify.annotations.NullMarked;
