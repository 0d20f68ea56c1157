/** The parts of {@link dev.pgpool.examples.Quickstart}: the bank, its clients, and what is shown of them. */
@NullMarked
package dev.pgpool.examples.quickstart;

import org.jspecify.annotations.NullMarked;
