/** Tests of reading SQL text. */
@NullMarked
package dev.pgpool.core.internal.sql;

import org.jspecify.annotations.NullMarked;
