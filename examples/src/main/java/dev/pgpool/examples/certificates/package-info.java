/** Certificates from the command line: once for a check, and as an exporter in place of Blackbox Exporter. */
@NullMarked
package dev.pgpool.examples.certificates;

import org.jspecify.annotations.NullMarked;
