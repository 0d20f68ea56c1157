/** Tests of the tables of statements. */
@NullMarked
package dev.pgpool.core.internal.prepared;

import org.jspecify.annotations.NullMarked;
