/** Tests of prepared statements: their names, their age, and what they mean. */
@NullMarked
package dev.pgpool.core.prepared;

import org.jspecify.annotations.NullMarked;
