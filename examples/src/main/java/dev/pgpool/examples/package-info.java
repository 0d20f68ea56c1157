/** Small programs, each showing one use of the modules. */
@NullMarked
package dev.pgpool.examples;

import org.jspecify.annotations.NullMarked;
